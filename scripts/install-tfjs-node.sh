#!/bin/sh
# Installs @tensorflow/tfjs-node into node_modules where its own download of TensorFlow's C library
# can't be reached: the library in the Python package tensorflow-cpu stands in for it.
#
#     scripts/install-tfjs-node.sh [python]
#
# python: one that has tensorflow 2.9 to 2.15; without it, one is made under out/ from the package index.
# Needs g++, and Node's headers (Debian: libnode-dev; other Nodes bring them). "npm ci" removes it again.
set -eu
cd "$(dirname "$0")/.."

python=${1:-}
if [ -z "$python" ]; then
    python=out/tensorflow/bin/python
    [ -x "$python" ] || python3 -m venv out/tensorflow
    "$python" -m pip install --quiet 'tensorflow-cpu>=2.9,<2.16'
fi
library=$("$python" -c 'import importlib.util; print(importlib.util.find_spec("tensorflow").submodule_search_locations[0])')

headers=$(node -p 'require("path").join(process.execPath, "../../include/node")')
if [ ! -f "$headers/node_api.h" ]; then
    echo "There is no $headers/node_api.h: install Node's headers (Debian: libnode-dev)." >&2
    exit 1
fi

npm install --no-save --no-package-lock --ignore-scripts @tensorflow/tfjs-node@^4.22.0
package=node_modules/@tensorflow/tfjs-node
binding=$(node -p "require('@mapbox/node-pre-gyp').find(require('path').resolve('$package/package.json'))")
mkdir -p "$(dirname "$binding")"
g++ -std=c++17 -O2 -fPIC -shared -w -DNAPI_VERSION=8 \
    -I"$headers" -I"$library/include" -I"$package" \
    "$package/binding/tfjs_backend.cc" "$package/binding/tfjs_binding.cc" \
    -L"$library" -l:libtensorflow_cc.so.2 -l:libtensorflow_framework.so.2 -Wl,-rpath,"$library" \
    -o "$binding"
node -e "
const tf = require('@tensorflow/tfjs-node');
if (tf.matMul(tf.ones([2, 3]), tf.ones([3, 2])).dataSync()[0] !== 3) throw new Error('It computes wrong products.');
console.log('@tensorflow/tfjs-node', tf.version['tfjs-node'], 'runs on', tf.getBackend());
"
