#!/bin/sh
# Builds the kernels with AddressSanitizer and UBSan into a small program and runs it. Exit status 0 = every set of this machine is
# clean. Takes a minute; needs a C++20 compiler.
set -eu
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${CXX:-c++}" -std=c++20 -O1 -g -fno-omit-frame-pointer -ffp-contract=off -Wno-uninitialized -Wno-maybe-uninitialized \
  -fsanitize=address,undefined -fno-sanitize-recover=all -I . -o "$folder/sanitize" \
  test/kernels/sanitize.cc kernels/dispatch.cc kernels/top-k.cc $(find kernels/*/ -name '*.cc' ! -name binding.cc)
"$folder/sanitize"
