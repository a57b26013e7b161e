"""A wheel brings the program, the library and the model of a build in ../../build (another folder:
EXPRESSIONS_BUILD), which stand on this system's OpenCV and FFmpeg: it is for systems like this
one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.build_py import build_py
from wheel.bdist_wheel import bdist_wheel

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parents[1]
BUILD = Path(os.environ.get("EXPRESSIONS_BUILD", SOURCE / "build"))


def version() -> str:
    found = re.search(
        r"^project\(\w+ VERSION ([\d.]+)", (SOURCE / "CMakeLists.txt").read_text(), re.M
    )
    assert found
    return found[1]


class BuildWithLibrary(build_py):
    def run(self) -> None:
        super().run()
        if not (BUILD / "cmake_install.cmake").exists():
            sys.exit(f"{BUILD}: there is no build; run ./setup.sh in {SOURCE} first")
        bundle = Path(self.build_lib) / "expressions/bundle"
        shutil.rmtree(bundle, ignore_errors=True)
        with tempfile.TemporaryDirectory() as installed:
            for component in ("programs", "library", "data"):
                command = ["cmake", "--install", str(BUILD), "--prefix", installed]
                subprocess.run(
                    [*command, "--component", component], check=True, stdout=subprocess.DEVNULL
                )
            keep(Path(installed), bundle)


def keep(installed: Path, bundle: Path) -> None:
    """What Python needs of an installed tree; the library once, under the name that is loaded."""
    wanted = [
        "bin/expressions",
        "lib*/**/libexpressions.*0",
        "lib*/**/expressions/*",
        "share/expressions/**/*",
    ]
    for path in (path for pattern in wanted for path in installed.glob(pattern)):
        if path.is_file() and not re.search(r"\.so\.\d+\.", path.name):
            target = bundle / path.relative_to(installed)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)


class PlatformWheel(bdist_wheel):
    """For any Python 3, but only this platform."""

    def get_tag(self) -> tuple[str, str, str]:
        return ("py3", "none", super().get_tag()[2])


class WithLibrary(Distribution):
    def has_ext_modules(self) -> bool:
        return True


setup(
    version=version(),
    distclass=WithLibrary,
    cmdclass={"build_py": BuildWithLibrary, "bdist_wheel": PlatformWheel},
)
