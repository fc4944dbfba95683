#!/usr/bin/env bash
# Installs what some tests need beyond Node.js (Debian, Ubuntu): compilers and sanitizers, cross
# compilers with an emulator for both Arms, a stand-in for AVX-512, a pipeline simulator, a browser.
# Without it those tests are skipped, by name.
set -euo pipefail

packages=(gcc g++ clang make cmake binutils libclang-rt-14-dev chromium clang-format
  gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-arm-linux-gnueabihf libc6-dev-armhf-cross
  qemu-user libsimde-dev llvm-19)
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
