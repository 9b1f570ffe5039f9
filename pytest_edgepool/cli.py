"""The command `edgepool`: login, doctor, clean, demo. Never runs an order itself: that is pytest's."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_edgepool import __version__
from pytest_edgepool.errors import EdgepoolError, UsageMistake
from pytest_edgepool.portals.demo.options import SESSION_KINDS
from pytest_edgepool.settings import BROWSERS, CHANNELS, InForce, resolve

if TYPE_CHECKING:
    from pytest_edgepool.events import Event


class Sentences(click.Group):
    """A group whose commands end with one sentence for an error of ours, never with a traceback.

    Status 2: what was given is wrong; 1: it did not work out.
    """

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except EdgepoolError as error:
            click.echo(f"edgepool: {error}", err=True)
            ctx.exit(2 if isinstance(error, UsageMistake) else 1)


def _in_force(**given: object) -> InForce:
    """Return the settings: what the command was given, else the environment, else the defaults."""
    return resolve(given.get, os.environ, lambda _name: None)


@click.group(cls=Sentences, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="edgepool")
def main() -> None:
    """Sign in for pytest-edgepool, examine what it runs on, clean up after it, see it at work."""


@main.command()
@click.option("--url", required=True, help="The site's address, such as https://yourcompany.coupahost.com.")
@click.option("--browser", type=click.Choice(BROWSERS), help="Which browser; Edge when there is one.")
@click.option("--channel", type=click.Choice(CHANNELS), help="The browser's release channel.")
@click.option(
    "--portal", default="coupa", show_default=True, help="The site's kind; none: any site, you say when you are in."
)
@click.option("--headless", is_flag=True, help="Show no browser: for the demo site, which is then filled in for you.")
@click.option("--timeout", type=float, help="Seconds that you have for signing in.  [default: 600]")
def login(
    *, url: str, browser: str | None, channel: str | None, portal: str, headless: bool, timeout: float | None
) -> None:
    """Sign in once, in a browser that you see; runs start from what it keeps."""
    from pytest_edgepool.login import Login, next_command
    from pytest_edgepool.portals.demo.sign_in import fill_in
    from pytest_edgepool.run import state_folder
    from pytest_edgepool.terminal import has_screen, is_terminal, listening_for_enter

    is_seen = not headless and (has_screen(os.environ) or portal != "demo")
    settings = _in_force(
        po_url=url, po_portal=portal, edgepool_browser=browser, edgepool_channel=channel, edgepool_headed=is_seen
    ).settings
    Login(
        settings=settings,
        state=state_folder(settings.edgepool_state_dir),
        patience_seconds=settings.edgepool_login_wait if timeout is None else timeout,
        say=click.echo,
        by_itself=fill_in if portal == "demo" and not is_seen else None,
        says_so=listening_for_enter(sys.stdin) if is_seen and is_terminal(sys.stdin) else None,
    ).sign_in()
    click.echo(f"Next: {next_command(settings)}")


@main.command()
@click.option("--browser", type=click.Choice(BROWSERS), help="Which browser; Edge when there is one.")
@click.option("--channel", type=click.Choice(CHANNELS), help="The browser's release channel.")
@click.option("--profile", help="The base: auto, managed, default, or the path of a user data dir.")
@click.option("--profile-directory", help="The profile folder inside it, or the profile's name.")
@click.option("--url", help="The site's address; else what `edgepool login` recorded.")
@click.option("--portal", help="The site's kind; coupa. none: no site is asked.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: findings and can_start.")
def doctor(*, as_json: bool, **given: str | None) -> None:
    """Find out whether a run would work here, and what to do if not. Changes nothing; exit code 0 when one can start.

    Options mean what pytest's --edgepool-… and --po-… options mean, and the environment variables count too.
    """
    from pytest_edgepool.doctor import report

    names = {"url": "po_url", "portal": "po_portal"}
    settings = _in_force(**{names.get(name, f"edgepool_{name}"): value for name, value in given.items()}).settings
    sys.exit(report.told(settings, click.echo) if not as_json else report.told_as_json(settings, click.echo))


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
@click.option("--session", default="session", show_default=True, type=click.Choice(SESSION_KINDS))
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
