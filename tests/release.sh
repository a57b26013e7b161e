#!/bin/sh
# What a release has to say and to have, as far as one can see it in the source: one version and one
# day everywhere, files that their readers accept, a licence for each file.
# Usage: release.sh SOURCE_DIR
set -u
cd "$1" || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failures=0

fail()
{
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# with TOOL COMMAND...: the command accepts what it is given; left out where there is no such tool.
with()
{
    command -v "$1" >/dev/null || { echo "$1 is not installed: its check is left out"; return; }
    shift
    "$@" >"$work/out" 2>&1 || fail "$*: $(cat "$work/out")"
}

# --- One version, one day, one name
version=$(sed -n 's/^project([a-z]* VERSION \([0-9.]*\) .*/\1/p' CMakeLists.txt)
day=$(sed -n '/^## /{s/^## [0-9.]*, //p;q}' CHANGELOG.md)
echo "$day" | grep -qxE '20[0-9]{2}-[01][0-9]-[0-3][0-9]' || fail "CHANGELOG.md: what is new has no day: $day"
# states FILE LINE: the line is in it.
states()
{
    grep -qxF -e "$2" "$1" || fail "$1: no line \"$2\""
}
states CHANGELOG.md "## $version, $day"
states CITATION.cff "version: $version"
states CITATION.cff "date-released: $day"
states src/package/expressions.metainfo.xml "    <release version=\"$version\" date=\"$day\"/>"
[ "$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)" = "$version" ] || fail "debian/changelog: not $version"
told=$(sed -n 's/^ -- .*>  //p;' debian/changelog | head -n 1)
[ "$(date -u -d "$told" +%F)" = "$day" ] || fail "debian/changelog: $told is not $day"
grep -q "expressions_$version\\.tar" src/package/expressions.rb || fail "expressions.rb: not $version"
id=$(sed -n 's/.*<id>\(.*\)<.id>/\1/p' src/package/expressions.metainfo.xml)
states src/package/flatpak.yml "id: $id"

# --- One licence for each file, the weights among them
grep -A2 '^Files: models/\*\.safetensors' .reuse/dep5 | grep -q '^License: ' || fail "no licence of the weights"
with reuse reuse lint
for model in models/*.safetensors; do
    grep -aq '"licence":"MIT' "$model" || fail "$model states no licence"
done

# --- One list of what is needed to build
sed -n "/^build_packages='/,/'\$/p" setup.sh | tr -d "'" | sed 's/build_packages=//' | tr -s ' \n' '\n\n' |
    grep -vxE '|build-essential|cmake|pkg-config|gnuplot-nox' | sort >"$work/setup"
sed -n '/^Build-Depends:/,/^[A-Z]/p' debian/control | sed '1s/.*://; /^[A-Z]/d' | tr ',' '\n' |
    sed 's/^ *//; s/ .*//' | grep -vxE '|debhelper-compat|dh-sequence-python3|cmake|pkgconf|python3' |
    sort >"$work/control"
cmp -s "$work/setup" "$work/control" ||
    fail "setup.sh (<) and debian/control (>) need other packages: $(diff "$work/setup" "$work/control")"

# --- What others read
with appstreamcli appstreamcli validate --no-net src/package/expressions.metainfo.xml
with desktop-file-validate desktop-file-validate src/package/expressions.desktop
# It leaves a folder where it stands.
with flatpak-builder sh -c 'cd "$0" && flatpak-builder --show-manifest "$1"' "$work" "$PWD/src/package/flatpak.yml"
with ruby ruby -c src/package/expressions.rb
python3 -c 'import yaml' 2>/dev/null && with python3 python3 - <<'END'
import yaml
citation = yaml.safe_load(open("CITATION.cff"))
assert {"cff-version", "message", "title", "authors"} <= citation.keys(), "CITATION.cff lacks a key"
END
if command -v dpkg-deb >/dev/null; then
    mkdir -p "$work/made/DEBIAN" && printf '%s\n' 'Package: made' "Version: $version" 'Architecture: all' \
        'Maintainer: Nobody <nobody@expressions.invalid>' 'Depends: dpkg, missing-one | dpkg (>= 1.0)' \
        'Description: none' >"$work/made/DEBIAN/control"
    dpkg-deb --root-owner-group -b "$work/made" "$work/made.deb" >"$work/out" 2>&1 &&
        python3 src/package/sbom.py "$work/made.deb" >"$work/sbom" && python3 - "$work/sbom" <<'END' ||
import json, subprocess, sys
bill = json.load(open(sys.argv[1]))
names = {each["SPDXID"]: each for each in bill["packages"]}
assert set(names) == {"SPDXRef-made", "SPDXRef-dpkg", "SPDXRef-missing-one"}, names
form = ["dpkg-query", "--show", "--showformat=${Version}"]
assert names["SPDXRef-dpkg"]["versionInfo"] == subprocess.check_output([*form, "dpkg"], text=True)
assert names["SPDXRef-missing-one"]["versionInfo"] == "NOASSERTION"
relations = [(r["spdxElementId"], r["relationshipType"], r["relatedSpdxElement"]) for r in bill["relationships"]]
assert ("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-made") in relations
assert ("SPDXRef-made", "DEPENDS_ON", "SPDXRef-dpkg") in relations
needed = {"SPDXID", "name", "downloadLocation", "versionInfo", "licenseDeclared"}
assert all(needed <= each.keys() for each in bill["packages"])
assert {"spdxVersion", "dataLicense", "SPDXID", "name", "documentNamespace", "creationInfo"} <= bill.keys()
END
        fail "the bill of materials: $(cat "$work/out")"
fi

[ "$failures" -eq 0 ] && echo "all as expected"
exit "$((failures > 0))"
