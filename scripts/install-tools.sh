#!/usr/bin/env bash
# Installs what some tests need beyond Node.js: compilers, sanitizers, a browser (Debian, Ubuntu).
# Without it those tests are skipped, by name.
set -euo pipefail

packages=(gcc g++ clang make cmake binutils libclang-rt-14-dev chromium clang-format)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ "${#missing[@]}" -eq 0 ]; then
  echo 'All tools are installed.'
  exit 0
fi
sudo=()
[ "$(id -u)" -eq 0 ] || sudo=(sudo)
"${sudo[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"
