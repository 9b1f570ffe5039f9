"""The script that people write by hand: a browser for each PO, on a copy of the profile. The baseline of the job.

python plain.py BASE_URL PROFILE OUTPUT BROWSER DRIVER NUMBER…
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By


def fetch(  # noqa: PLR0917 - a script
    base_url: str, profile: str, output: Path, browser: str, driver_path: str, number: str
) -> int:
    folder = output / number
    folder.mkdir(parents=True)
    copy = tempfile.mkdtemp()
    shutil.copytree(profile, copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns("Singleton*"))
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for switch in (f"--user-data-dir={copy}", "--headless=new", "--no-sandbox", "--disable-component-update"):
        options.add_argument(switch)
    options.add_experimental_option(
        "prefs",
        {
            "download.default_directory": str(folder),
            "plugins.always_open_pdf_externally": True,
            "profile.default_content_setting_values.automatic_downloads": 1,
        },
    )
    driver = webdriver.Chrome(options=options, service=Service(driver_path))
    try:
        driver.get(f"{base_url}/order_headers/{number.removeprefix('PO')}")
        files = driver.find_elements(By.CSS_SELECTOR, "[data-url*=attachment_file]")
        urls = [each.get_attribute("data-url") for each in files]
        for count, url in enumerate(urls, 1):
            driver.get(base_url + str(url))
            until = time.monotonic() + 60
            while len(list(folder.iterdir())) < count or list(folder.glob("*.crdownload")):
                if time.monotonic() > until:
                    raise TimeoutError(f"{number}: {url} did not arrive")
                time.sleep(0.1)  # noqa: TID251 - what such scripts do
    finally:
        driver.quit()
        shutil.rmtree(copy, ignore_errors=True)
    return len(urls)


if __name__ == "__main__":
    for each in sys.argv[6:]:
        fetch(sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4], sys.argv[5], each)
