#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a bill of materials (SPDX 2.3, JSON): the project, the Debian packages that it is built
with (installers/debian-packages.txt) and those whose libraries its programs load, with the versions
that are installed here. The same inputs give the same bytes: the time is that of the last commit.

usage: sbom.py FOLDER-OF-PROGRAMS OUT.json   exit 0 done, 1 a package is not installed, 2 bad usage
"""
import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def output(*words):
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout


def build_packages():
    text = (ROOT / "installers" / "debian-packages.txt").read_text()
    names = (line.split("#")[0].strip() for line in text.splitlines())
    return [name for name in names if name]


def installed(name):
    """(name with architecture, version, source), or None."""
    form = "${db:Status-Status}\t${Package}\t${Version}\t${source:Package}\t${Architecture}\n"
    for line in output("dpkg-query", "-W", "-f", form, name).splitlines():
        fields = line.split("\t")
        if fields[0] == "installed":
            return fields[1:]
    return None


def loaded_packages(folder):
    """Packages of the shared libraries that the programs in `folder` load, directly or not."""
    files = set()
    for program in sorted(folder.iterdir()):
        if program.name.startswith("zz") and os.access(program, os.X_OK) and program.is_file():
            files.update(re.findall(r"=> (/\S+)", output("ldd", str(program))))
    names = set()
    for file in sorted(files):
        # Debian's merged /usr: the list of a package may have either form.
        for form in (file, os.path.realpath(file), "/usr" + file, file.removeprefix("/usr")):
            owner = output("dpkg-query", "-S", form).split(":")[0].strip()
            if owner:
                names.add(owner)
                break
    return names


def project_version():
    text = (ROOT / "CMakeLists.txt").read_text()
    return re.search(r"project\(zz VERSION ([0-9.]+)", text).group(1)


def commit_time():
    seconds = os.environ.get("SOURCE_DATE_EPOCH") or output(
        "git", "-C", str(ROOT), "log", "-1", "--format=%ct").strip() or "0"
    at = datetime.datetime.fromtimestamp(int(seconds), datetime.timezone.utc)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def package_entry(fields):
    name, version, source, architecture = fields
    return {
        "SPDXID": "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", name),
        "name": name,
        "versionInfo": version,
        "supplier": "Organization: Debian",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "sourceInfo": f"built from the Debian source package {source}",
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "externalRefs": [{
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": f"pkg:deb/debian/{name}@{version}?arch={architecture}",
        }],
    }


def main(arguments):
    if len(arguments) != 2 or not pathlib.Path(arguments[0]).is_dir():
        print(__doc__, file=sys.stderr)
        return 2
    folder, out = pathlib.Path(arguments[0]), pathlib.Path(arguments[1])
    wanted = {name: "BUILD_DEPENDENCY_OF" for name in build_packages()}
    wanted.update({name: "RUNTIME_DEPENDENCY_OF" for name in loaded_packages(folder)})
    packages, relations, missing = [], [], []
    for name in sorted(wanted):
        fields = installed(name)
        if fields is None:
            missing.append(name)
            continue
        entry = package_entry(fields)
        packages.append(entry)
        relations.append({"spdxElementId": entry["SPDXID"], "relationshipType": wanted[name],
                          "relatedSpdxElement": "SPDXRef-zz"})
    own = {"SPDXID": "SPDXRef-zz", "name": "zz", "versionInfo": project_version(),
           "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
           "licenseConcluded": "Apache-2.0 AND GPL-3.0-or-later",
           "licenseDeclared": "Apache-2.0 AND GPL-3.0-or-later", "copyrightText": "NOASSERTION"}
    digest = hashlib.sha256(json.dumps(packages, sort_keys=True).encode()).hexdigest()
    document = {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"zz-{own['versionInfo']}",
        "documentNamespace": f"urn:zz:sbom:{own['versionInfo']}:{digest}",
        "creationInfo": {"created": commit_time(), "creators": ["Tool: installers/sbom.py"]},
        "documentDescribes": ["SPDXRef-zz"], "packages": [own] + packages,
        "relationships": [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",
                           "relatedSpdxElement": "SPDXRef-zz"}] + relations,
    }
    out.write_text(json.dumps(document, indent=1) + "\n")
    print(f"{out}: {len(packages)} packages")
    for name in missing:
        print(f"sbom: {name} is not installed: see ./zz deps", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
