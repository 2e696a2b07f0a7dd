#!/bin/sh
# Prints the full path of the libtorch to build with, and nothing else on stdout. The first of these that is there:
#   1. LIBTORCH, where it is set;
#   2. the PyTorch that python3 imports, where LIBTORCH_USE_PYTORCH is set (not to 0 or false);
#   3. a copy in the user's cache folder, which is fetched where it is missing or damaged: PyTorch's wheel from the
#      Python package index, verified by its SHA-256 and reduced to what runs on a CPU.
# Hand it to cargo as LIBTORCH, and unset LIBTORCH_USE_PYTORCH: where that is set, even to nothing, torch-sys reads no
# LIBTORCH.
set -eu

version=2.13.0 # the one that tch in Cargo.toml asks for
python=3.12    # the wheel's Python; libtorch itself is the same in each of them
system="$(uname -s)-$(uname -m)"

# The wheels, and the CUDA packages whose libraries libtorch_cpu.so loads even on a CPU. `===` leaves out the builds
# that other indexes have, such as 2.13.0+cpu.
requirements() {
    case $system in
    Linux-x86_64)
        cat <<END
torch===$version --hash=sha256:796633c4cdf0fe2cdced72d8f88f22e73dbcfce83132763162f6d4bff13b820b
nvidia-cuda-runtime===13.0.96 --hash=sha256:7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548
nvidia-cuda-cupti===13.0.85 --hash=sha256:4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8
END
        ;;
    Linux-aarch64)
        cat <<END
torch===$version --hash=sha256:572df8be8ffb4599c88cbd6a0726f1f854f4da65d2e3c09f0e2c2283333cd6d4
nvidia-cuda-runtime===13.0.96 --hash=sha256:ef9bcbe90493a2b9d810e43d249adb3d02e98dd30200d86607d8d02687c43f55
nvidia-cuda-cupti===13.0.85 --hash=sha256:796bd679890ee55fb14a94629b698b6db54bcfd833d391d5e94017dd9d7d3151
END
        ;;
    Darwin-arm64)
        echo "torch===$version --hash=sha256:2fe228aba290d14b9f31b049be550dbd469c3fd3013d7a19705b30454da97027"
        ;;
    *) return 1 ;;
    esac
}

# The wheels' platforms: pip takes each as it stands, not the older ones that it includes.
platforms() {
    case $system in
    Linux-*) for glibc in 2014 _2_25 _2_28; do echo "manylinux${glibc}_${system#Linux-}"; done ;;
    Darwin-*) echo macosx_14_0_arm64 ;;
    esac
}

# Says what is wrong, the ways out that only this failure has, and those that are always there.
fail() {
    printf 'libtorch.sh: %s\n' "$1"
    shift
    echo "Ways out:"
    for way in "$@" \
        "set LIBTORCH to the folder of a libtorch $version (it has lib/ and include/);" \
        "set LIBTORCH_USE_PYTORCH=1 where python3 can import torch $version;" \
        "do without: 'cargo build --release --no-default-features' builds all but autograd and klgrad measure."; do
        printf '  - %s\n' "$way"
    done
    exit 1
} >&2

# What a build would miss in the folders that have lib/ and include/: the first that is not there, or is empty.
missing() {
    for file in "$1"/lib/libtorch_cpu.* "$1"/lib/libtorch.* "$1"/lib/libc10.* \
        "$2"/include/torch/csrc/api/include/torch/torch.h; do
        [ -s "$file" ] || { printf '%s\n' "$file" && return; }
    done
}

version_of() {
    awk '/^#define TORCH_VERSION_(MAJOR|MINOR|PATCH) / { printf "%s%s", dot, $3; dot = "." }' \
        "$1/include/torch/headeronly/version.h" "$1/include/torch/csrc/api/include/torch/version.h" 2>/dev/null || :
}

# Prints the libtorch in a folder of the user's, which a setting led to.
users_own() {
    folder=$(CDPATH='' cd -- "$2" 2>/dev/null && pwd) || fail "$1 leads to $2, which is no folder"
    headers=${LIBTORCH_INCLUDE:-$folder}
    absent=$(missing "${LIBTORCH_LIB:-$folder}" "$headers")
    [ -z "$absent" ] || fail "$1 leads to $folder, but there is no $absent"
    found=$(version_of "$headers")
    [ "$found" = "$version" ] || [ -n "${LIBTORCH_BYPASS_VERSION_CHECK+set}" ] ||
        fail "$1 leads to $folder, which is libtorch ${found:-of an unknown version}, not $version"
    printf '%s\n' "$folder"
}

# torch-sys reads these two beside LIBTORCH, whatever that is, and from a folder of its own.
for name in LIBTORCH_LIB LIBTORCH_INCLUDE; do
    eval "value=\${$name-/}"
    case $value in
    /) ;;
    /*) [ -n "${LIBTORCH:-}" ] || fail "$name is set, but LIBTORCH, which it is a part of, is not" "unset $name;" ;;
    *) fail "$name is '$value', but has to be a full path" "unset $name;" ;;
    esac
done

if [ -n "${LIBTORCH:-}" ]; then
    users_own LIBTORCH "$LIBTORCH"
    exit
fi

case ${LIBTORCH_USE_PYTORCH:-0} in
0 | false | FALSE) ;;
*)
    folder=$(python3 -c 'import importlib.util, os
print(os.path.dirname(importlib.util.find_spec("torch").origin))' 2>/dev/null) ||
        fail "LIBTORCH_USE_PYTORCH is set, but python3 cannot import torch" "unset LIBTORCH_USE_PYTORCH;"
    users_own LIBTORCH_USE_PYTORCH "$folder"
    exit
    ;;
esac

requirements >/dev/null || fail "PyTorch $version has no wheel for $system"
cache=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}
[ -n "$cache" ] || fail "neither HOME nor XDG_CACHE_HOME tells where to keep it" "set XDG_CACHE_HOME to a folder;"
case $cache in /*) ;; *) cache=$PWD/$cache ;; esac
cache=$cache/klgrad
home=$cache/libtorch-$version-$system

intact() {
    [ -z "$(missing "$home/torch" "$home/torch")" ] || return 1
    [ "$(cat "$home/torch/build-version" 2>/dev/null)" = "$version" ] || return 1
    case $system in Darwin-*) return ;; esac
    for file in "$home"/nvidia/*/lib/libcudart.so.* "$home"/nvidia/*/lib/libcupti.so.*; do
        [ -s "$file" ] || return 1
    done
}

if intact; then
    printf '%s\n' "$home/torch"
    exit
fi

# Of what the user has set for pip and uv, whatever says where packages come from and how to get there. Anything else
# (user, target, constraint, no-deps, ...) could change what is fetched, or prevent it.
says_where() {
    case $1 in
    PIP_INDEX_URL | PIP_EXTRA_INDEX_URL | PIP_NO_INDEX | PIP_FIND_LINKS | PIP_TRUSTED_HOST | PIP_PROXY) ;;
    PIP_CERT | PIP_CLIENT_CERT | PIP_KEYRING_PROVIDER | PIP_NO_INPUT) ;;
    PIP_TIMEOUT | PIP_DEFAULT_TIMEOUT | PIP_RETRIES | PIP_RESUME_RETRIES) ;;
    PIP_USE_FEATURE | PIP_USE_DEPRECATED) ;; # where certificates come from, in some versions
    PIP_CONFIG_FILE | UV_CONFIG_FILE | UV_NO_CONFIG) ;;
    UV_INDEX | UV_INDEX_* | UV_DEFAULT_INDEX | UV_EXTRA_INDEX_URL | UV_NO_INDEX | UV_FIND_LINKS) ;;
    UV_INSECURE_HOST | UV_NATIVE_TLS | UV_SYSTEM_CERTS | UV_KEYRING_PROVIDER | UV_HTTP_* | UV_PYTHON_INSTALL_*) ;;
    *) return 1 ;;
    esac
}

forget_other_variables() {
    for name in $(env | sed -n -e 's/^\(PIP_[A-Za-z0-9_]*\)=.*/\1/p' -e 's/^\(UV_[A-Za-z0-9_]*\)=.*/\1/p'); do
        says_where "$name" || unset "$name"
    done
}

# Takes `pip config list`, lines such as global.index-url='https://...', over into the environment, which comes before
# it, as the section of a command comes before the global one; then has pip read no file.
read_files_through_variables() {
    lines=$(printf '%s\n' "$1" | sed 's/\\n/ /g')
    for section in install global; do
        while IFS='=' read -r key value; do
            name=PIP_$(printf '%s' "${key#"$section".}" | tr a-z- A-Z_)
            says_where "$name" || continue
            eval "[ -z \"\${$name:-}\" ]" || continue
            value=${value#?}
            export "$name=${value%?}"
        done <<END
$lines
END
    done
    export PIP_CONFIG_FILE=/dev/null
}

on_path() {
    printf '%s\n' "$PATH" | tr : '\n' | while IFS= read -r folder; do
        [ ! -f "$folder/$1" ] || [ ! -x "$folder/$1" ] || printf '%s\n' "$folder/$1"
    done
}

# The first pip that works, as $pip and its words $module: an environment without pip may hide one that is outside it.
find_pip() {
    for name in python3 pip3; do
        module=
        [ $name = pip3 ] || module='-m pip'
        while IFS= read -r pip; do
            [ -n "$pip" ] || continue
            # The interpreter itself, for a wrapper of it, such as pyenv's, does not hand on the signal that ends it.
            [ $name = pip3 ] || pip=$("$pip" -c 'import sys; print(sys.executable)' 2>/dev/null </dev/null) || continue
            # shellcheck disable=SC2086 # each word is an argument
            if files=$(PIP_QUIET=0 PIP_VERBOSE=0 "$pip" $module --no-color config list 2>/dev/null </dev/null); then
                return
            fi
        done <<END
$(on_path $name)
END
    done
    return 1
}

environment=
[ -z "${VIRTUAL_ENV:-}${CONDA_PREFIX:-}" ] || environment="leave this environment (deactivate);"

forget_other_variables
if find_pip; then
    read_files_through_variables "$files"
else
    pip=
    command -v uv >/dev/null ||
        fail "no python3 or pip3 on the path has a working pip to fetch it with, and there is no uv" \
            "install pip (python3 -m ensurepip) or uv;" ${environment:+"$environment"}
fi

mkdir -p "$cache" || fail "cannot create $cache" "set XDG_CACHE_HOME to a folder that can be written to;"
new=$(mktemp -d "$cache/fetching.XXXXXX") ||
    fail "cannot write to $cache" "set XDG_CACHE_HOME to a folder that can be written to;"
fetch=
trap 'rm -rf "$new"' EXIT
for signal in HUP:129 INT:130 TERM:143; do
    # shellcheck disable=SC2064 # the exit status is this round's
    trap "[ -z \"\$fetch\" ] || kill \"\$fetch\" 2>/dev/null || :; wait; exit ${signal#*:}" "${signal%:*}"
done

echo "libtorch.sh: fetching libtorch $version into $cache, once" >&2
mkdir "$new/tree" "$new/tmp" "$new/home" "$new/home/torch"
requirements >"$new/requirements"
export TMPDIR="$new/tmp" PIP_ROOT_USER_ACTION=ignore
digits=$(printf '%s' "$python" | tr -d .)
# In the background, because a shell handles a signal only when no command is in its foreground.
if [ -n "$pip" ]; then
    # shellcheck disable=SC2046,SC2086 # each word is an argument
    "$pip" $module install --quiet --disable-pip-version-check --no-cache-dir --no-deps --no-compile --require-hashes \
        --only-binary=:all: --implementation cp --python-version "$digits" --abi "cp$digits" --abi none \
        $(platforms | sed 's/^/--platform /') --target "$new/tree" --requirement "$new/requirements" >&2 &
else
    uv pip install --quiet --no-cache --no-deps --require-hashes --only-binary :all: --python-version "$python" \
        --link-mode hardlink --target "$new/tree" --requirement "$new/requirements" >&2 &
fi
fetch=$!
wait "$fetch" || fail "${pip:-uv} could not install torch $version for $system" ${environment:+"$environment"}
fetch=

# Only the libraries of the CPU and the headers stay. libtorch.so of the wheel would load libtorch_cuda.so.
lib=$new/tree/torch/lib
case $system in
Linux-*)
    rm -f "$lib"/libtorch_cuda* "$lib"/libtorch_nvshmem* "$lib"/libc10_cuda* "$lib"/libcaffe2_nvrtc*
    ln -sf libtorch_cpu.so "$lib/libtorch.so"
    ;;
esac
rm -f "$lib"/libtorch_python*
mv "$lib" "$new/tree/torch/include" "$new/home/torch"
for cuda in "$new"/tree/nvidia/*/lib; do
    [ -d "$cuda" ] || continue
    runtime=$new/home/nvidia/$(basename "$(dirname "$cuda")")/lib
    mkdir -p "$runtime"
    mv "$cuda"/libcudart.so.* "$cuda"/libcupti.so.* "$runtime"
done
echo "$version" >"$new/home/torch/build-version" # torch-sys compares it with what it wants

# One rename makes it appear. Where another fetch was faster, its copy serves as well, and mv would put this one in it.
if ! intact; then
    [ ! -e "$home" ] || mv "$home" "$new/damaged"
    mv "$new/home" "$home" || fail "cannot move the fetched copy to $home"
    rm -rf "${home:?}/home"
fi
printf '%s\n' "$home/torch"
