#!/bin/bash
# Downloads packages of this machine's Debian, checked against the release's signature, and unpacks them into a folder: nothing is
# installed and no root is needed. Their versions are those of the release, since a mirror keeps no others.
#
# unpack-debian.sh FOLDER PACKAGE...      FOLDER appears as a whole or not at all.
set -euo pipefail
folder=$1
shift
rm -rf "$folder" "$folder.new"
mkdir -p "$folder.new/lists/partial" "$folder.new/cache/archives/partial"
cd "$folder.new"

# Lists of its own: those of the machine may be missing or old, and only root may refresh them.
options=(-q -o "Dir::State::Lists=$PWD/lists" -o "Dir::Cache=$PWD/cache" -o Acquire::Languages=none -o "APT::Sandbox::User=$(id -un)")
apt-get "${options[@]}" update
apt-get "${options[@]}" download "$@"

# Left out: manuals, and the large programs of these packages that nobody asked for.
for package in *.deb; do
  dpkg-deb --fsys-tarfile "$package" | tar -x --exclude=./usr/share --exclude='*/lto1' --exclude='*lto-dump*' \
    --exclude='./usr/bin/qemu-[!a]*' --exclude='./usr/bin/qemu-a[!a]*' --exclude='./usr/bin/qemu-aarch64_be'
done
rm -rf ./*.deb lists cache
# The linker's scripts name libraries by where they would be installed; by name alone they are found beside the script.
scripts=$(grep -lsI 'GNU ld script' usr/*/lib/*.so || true)
for script in $scripts; do sed -i 's#/usr/[a-z0-9-]*/lib/##g' "$script"; done
cd ..
mv "$folder.new" "$folder"
