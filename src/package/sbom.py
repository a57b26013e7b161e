#!/usr/bin/env python3
"""Prints the software bill of materials of Debian packages as SPDX 2.3 in JSON: what each of them
is, and what of this system it needs, with the versions that are installed here.

Usage: sbom.py PACKAGE.deb..."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from datetime import datetime, timezone
from typing import Any

NOT_SAID = "NOASSERTION"


def output(*command: str) -> str:
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def identity(name: str) -> str:
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", name)


def package(name: str, version: str, **more: Any) -> dict[str, Any]:
    return {
        "SPDXID": identity(name),
        "name": name,
        "versionInfo": version,
        "downloadLocation": NOT_SAID,
        "filesAnalyzed": False,
        "licenseConcluded": NOT_SAID,
        "licenseDeclared": NOT_SAID,
        "copyrightText": NOT_SAID,
        "externalRefs": [
            {
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": f"pkg:deb/debian/{name}@{version}",
            }
        ],
        **more,
    }


def own(path: str) -> dict[str, Any]:
    """One of our packages."""
    with open(path, "rb") as file:
        checksum = hashlib.sha256(file.read()).hexdigest()
    return package(
        output("dpkg-deb", "-f", path, "Package"),
        output("dpkg-deb", "-f", path, "Version"),
        packageFileName=os.path.basename(path),
        licenseConcluded="MIT",
        licenseDeclared="MIT",
        copyrightText="2026 The Expressions authors",
        checksums=[{"algorithm": "SHA256", "checksumValue": checksum}],
    )


def needed(path: str) -> list[str]:
    """The names in Depends; of alternatives the first."""
    depends = output("dpkg-deb", "-f", path, "Depends")
    return re.findall(r"(?:^|, )([a-z0-9][a-z0-9+.-]+)", depends)


def installed(name: str) -> dict[str, Any]:
    found = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${Version}\n", name],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    return package(name, found.stdout.partition("\n")[0] or NOT_SAID)


def bill(paths: list[str]) -> dict[str, Any]:
    packages = {each["name"]: each for each in map(own, paths)}
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", name) for name in packages]
    for path in paths:
        user = output("dpkg-deb", "-f", path, "Package")
        for name in needed(path):
            packages.setdefault(name, installed(name))
            relations.append((identity(user), "DEPENDS_ON", name))
    checksums = "".join(each["checksums"][0]["checksumValue"] for each in map(own, paths))
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH", datetime.now().timestamp()))
    created = datetime.fromtimestamp(seconds, timezone.utc)
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": "expressions",
        "documentNamespace": "https://expressions.invalid/sbom/"
        + hashlib.sha256(checksums.encode()).hexdigest(),
        "creationInfo": {
            "created": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "creators": ["Organization: The Expressions authors", "Tool: sbom.py"],
        },
        "packages": list(packages.values()),
        "relationships": [
            {"spdxElementId": a, "relationshipType": kind, "relatedSpdxElement": identity(b)}
            for a, kind, b in relations
        ],
    }


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: sbom.py PACKAGE.deb...")
    json.dump(bill(sys.argv[1:]), sys.stdout, indent=1)
    print()
