"""The command `edgepool`: login, clean, demo. Never runs an order itself: that is pytest's."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_edgepool import __version__
from pytest_edgepool.errors import EdgepoolError
from pytest_edgepool.settings import BROWSERS, CHANNELS, InForce, resolve

if TYPE_CHECKING:
    from pytest_edgepool.events import Event


class Sentences(click.Group):
    """A group whose commands end with one sentence and status 2 for an error of ours, never with a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except EdgepoolError as error:
            click.echo(f"edgepool: {error}", err=True)
            ctx.exit(2)


def _in_force(**given: object) -> InForce:
    """Return the settings: what the command was given, else the environment, else the defaults."""
    return resolve(given.get, os.environ, lambda _name: None)


@click.group(cls=Sentences, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="edgepool")
def main() -> None:
    """Sign in for pytest-edgepool, clean up after it, see it at work."""


@main.command()
@click.option("--url", required=True, help="The site's address, such as https://yourcompany.coupahost.com.")
@click.option("--browser", type=click.Choice(BROWSERS), help="Which browser; Edge when there is one.")
@click.option("--channel", type=click.Choice(CHANNELS), help="The browser's release channel.")
@click.option("--portal", default="coupa", show_default=True, help="The site's kind; demo signs in by itself.")
@click.option("--timeout", default=600.0, show_default=True, help="Seconds that you have for signing in.")
def login(url: str, browser: str | None, channel: str | None, portal: str, timeout: float) -> None:
    """Sign in once, in a browser that you see; runs start from what it keeps."""
    from pytest_edgepool.login import Login
    from pytest_edgepool.portals.demo.sign_in import fill_in
    from pytest_edgepool.run import state_folder

    is_demo = portal == "demo"
    settings = _in_force(
        po_url=url, po_portal=portal, edgepool_browser=browser, edgepool_channel=channel, edgepool_headed=not is_demo
    ).settings
    Login(
        settings=settings,
        state=state_folder(settings.edgepool_state_dir),
        patience_seconds=timeout,
        say=click.echo,
        by_itself=fill_in if is_demo else None,
    ).sign_in()


@main.command()
def clean() -> None:
    """Remove what killed runs left: browsers, clones, templates; put tabs back. Touches nothing of a run that lives."""
    from pytest_edgepool.profiles.tabs import put_all_tabs_back
    from pytest_edgepool.profiles.template import sweep_templates
    from pytest_edgepool.run import state_folder, sweep

    state = state_folder(_in_force().settings.edgepool_state_dir)
    swept = sweep(state, _say_trouble)
    sweep_templates(state)
    for base in put_all_tabs_back(state, _say_trouble):
        click.echo(f"Put back the tabs of {base}, which a killed run had set aside.")
    runs = "1 dead run" if len(swept) == 1 else f"{len(swept)} dead runs"
    click.echo(f"Removed what {runs} left." if swept else "Nothing to clean.")


def _say_trouble(event: Event) -> None:
    click.echo(f"edgepool: {event.told().get('what')}: {event.told().get('error')}", err=True)


@main.command()
@click.option("--serve", is_flag=True, help="Only serve the site, until Ctrl-C.")
@click.option("--port", default=8765, show_default=True, help="The port for --serve.")
@click.option("--folder", default="demo", show_default=True, type=click.Path(path_type=Path), help="Where all goes.")
@click.option("--orders", default=24, show_default=True, type=click.IntRange(min=2), help="POs in the sheet.")
@click.option("--workers", "-n", default=6, show_default=True, type=click.IntRange(min=0), help="Browsers.")
@click.option("--latency", default=0.3, show_default=True, help="Seconds that the site takes to answer.")
@click.option("--session", default="session", show_default=True, type=click.Choice(["persistent", "session"]))
@click.option("--browser", type=click.Choice(BROWSERS), default="auto", show_default=True)
def demo(**given: Any) -> None:
    """Serve a small Coupa, sign in, and fetch the attachments of its POs with the real command."""
    if given["serve"]:
        _serve(given["port"], given["latency"], given["session"])
        return
    from pytest_edgepool.demo import DemoPlan, run_demo

    plan = DemoPlan(
        folder=given["folder"].absolute(),
        orders=given["orders"],
        workers=given["workers"],
        latency_seconds=given["latency"],
        session=given["session"],
        browser=given["browser"],
    )
    sys.exit(run_demo(plan, click.echo))


def _serve(port: int, latency: float, session: Any) -> None:
    from pytest_edgepool.portals.demo.options import DemoOptions
    from pytest_edgepool.portals.demo.server import serve_forever
    from pytest_edgepool.portals.demo.truth import DEMO_PASSWORD, DEMO_USER

    options = DemoOptions(latency_seconds=latency, session=session, session_key="edgepool-demo")
    try:
        serve_forever(
            "127.0.0.1",
            port,
            options,
            on_ready=lambda running: click.echo(
                f"The demo site: {running.url} (user {DEMO_USER}, password {DEMO_PASSWORD}). Ctrl-C ends it.\n"
                f"Sign in: edgepool login --portal demo --url {running.url}"
            ),
        )
    except KeyboardInterrupt:
        click.echo("The demo site has ended.")


if __name__ == "__main__":
    main()
