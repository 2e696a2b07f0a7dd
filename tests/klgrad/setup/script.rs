//! `scripts/libtorch.sh`: which libtorch it takes, and how it fetches one.

use super::machine::Machine;
use crate::bad_input::fails;
use crate::{files, stdout, succeed};
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

const HOME: &str = "home/.cache/klgrad/libtorch-2.13.0-Linux-x86_64";

/// The script succeeds, and prints this folder of the machine's.
fn takes(machine: &Machine, command: &mut Command, folder: &str) {
    assert_eq!(stdout(&succeed(command)), format!("{}\n", machine.path(folder).display()), "{command:?}");
}

#[test]
fn nothing_of_the_wheel_but_cpu_libraries_and_headers_is_kept() {
    let machine = Machine::new();
    takes(&machine, &mut machine.script(), &format!("{HOME}/torch"));
    assert!(machine.has_fetched());
    assert_eq!(files(&machine.path(HOME)), ["nvidia", "torch"]);
    assert_eq!(files(&machine.path(&format!("{HOME}/torch"))), ["build-version", "include", "lib"]);
    assert_eq!(files(&machine.path(&format!("{HOME}/torch/lib"))), ["libc10.so", "libtorch.so", "libtorch_cpu.so"]);
    let libtorch = fs::read_link(machine.path(&format!("{HOME}/torch/lib/libtorch.so"))).unwrap();
    assert_eq!(libtorch.to_str(), Some("libtorch_cpu.so"), "the wheel's loads the CUDA libraries");
    assert_eq!(files(&machine.path(&format!("{HOME}/nvidia/cu13/lib"))), ["libcudart.so.13", "libcupti.so.13"]);
    assert_eq!(machine.read(&format!("{HOME}/torch/build-version")), "2.13.0\n");
    assert_eq!(files(&machine.path("home/.cache/klgrad")).len(), 1, "no folder of the fetch is left");
}

#[test]
fn a_fetch_depends_on_no_setting_of_pip_but_where_packages_come_from() {
    let machine = Machine::new();
    machine.write(
        "config",
        "global.cert='/company/file.pem'\n\
         global.constraint='/company/constraints'\n\
         global.extra-index-url='\\nhttps://a/simple\\nhttps://b/simple'\n\
         global.index-url='https://general/simple'\n\
         global.user='true'\n\
         install.index-url='https://user:pass=@install/simple?a=b'\n\
         install.no-deps='false'\n\
         install.target='/company'\n\
         :env:.proxy='https://environment'\n",
    );
    let mut script = machine.script();
    for name in ["USER", "REQUIRE_VIRTUALENV", "DRY_RUN", "REQUIRE_HASHES", "NO_DEPS", "QUIET", "PRE", "ISOLATED"] {
        script.env(format!("PIP_{name}"), "1");
    }
    for name in ["CONSTRAINT", "PREFIX", "ROOT", "TARGET", "PLATFORM", "ONLY_BINARY", "NO_BINARY", "PYTHON", "LOG"] {
        script.env(format!("PIP_{name}"), "/nowhere");
    }
    script.env("PIP_PROXY", "https://environment").env("PIP_CERT", "/my/own.pem").env("PIP_user", "1");
    takes(&machine, &mut script, &format!("{HOME}/torch"));

    let environment = machine.read("environment");
    let settings: BTreeSet<&str> = environment.lines().filter(|line| line.to_uppercase().starts_with("PIP_")).collect();
    let expected = [
        "PIP_CERT=/my/own.pem",
        "PIP_CONFIG_FILE=/dev/null",
        "PIP_EXTRA_INDEX_URL= https://a/simple https://b/simple",
        "PIP_INDEX_URL=https://user:pass=@install/simple?a=b",
        "PIP_PROXY=https://environment",
        "PIP_ROOT_USER_ACTION=ignore",
    ];
    assert_eq!(settings, expected.into());
}

#[test]
fn a_fetch_by_uv_depends_on_no_setting_of_uv_but_where_packages_come_from() {
    let machine = Machine::bare();
    machine.installer("bin", "uv");
    let mut script = machine.script();
    for name in ["CONSTRAINT", "NO_VERIFY_HASHES", "TORCH_BACKEND", "TARGET", "EXCLUDE_NEWER"] {
        script.env(format!("UV_{name}"), "1");
    }
    script.env("UV_DEFAULT_INDEX", "https://mirror/simple").env("UV_INDEX_MIRROR_PASSWORD", "secret");
    takes(&machine, &mut script, &format!("{HOME}/torch"));
    let environment = machine.read("environment");
    let settings: BTreeSet<&str> = environment.lines().filter(|line| line.starts_with("UV_")).collect();
    assert_eq!(settings, ["UV_DEFAULT_INDEX=https://mirror/simple", "UV_INDEX_MIRROR_PASSWORD=secret"].into());
}

#[test]
fn every_wheel_of_every_platform_is_pinned_and_verified() {
    let mut hashes = BTreeSet::new();
    for (system, architecture, wheels, platform) in [
        ("Linux", "x86_64", 3, "manylinux_2_28_x86_64"),
        ("Linux", "aarch64", 3, "manylinux_2_28_aarch64"),
        ("Darwin", "arm64", 1, "macosx_14_0_arm64"),
    ] {
        let machine = Machine::new();
        machine.is(system, architecture);
        let folder = format!("home/.cache/klgrad/libtorch-2.13.0-{system}-{architecture}/torch");
        takes(&machine, &mut machine.script(), &folder);
        takes(&machine, machine.script().env("XDG_CACHE_HOME", machine.path("home/.cache")), &folder);
        let call = machine.read("call");
        let arguments: Vec<&str> = call.lines().collect();
        for argument in ["--require-hashes", "--no-deps", "--only-binary=:all:", platform] {
            assert!(arguments.contains(&argument), "{argument} is not in {arguments:?}");
        }
        let requirements = machine.read("requirements");
        assert_eq!(requirements.lines().count(), wheels, "{requirements}");
        for (line, name) in
            requirements.lines().zip(["torch===2.13.0", "nvidia-cuda-runtime===", "nvidia-cuda-cupti==="])
        {
            let (requirement, hash) = line.split_once(" --hash=sha256:").expect(line);
            assert!(requirement.starts_with(name), "{line}");
            assert!(hash.len() == 64 && hash.bytes().all(|digit| digit.is_ascii_hexdigit()), "{line}");
            assert!(hashes.insert(hash.to_owned()), "each file has its own: {line}");
        }
    }
    let machine = Machine::new();
    machine.is("Darwin", "x86_64");
    fails(&mut machine.script(), 1, &["no wheel for Darwin-x86_64", "set LIBTORCH to", "--no-default-features"]);
}

#[test]
fn an_environment_without_pip_is_looked_past() {
    let machine = Machine::bare();
    machine.python_without_pip();
    let script = || {
        let mut script = machine.script();
        script.env("VIRTUAL_ENV", machine.path("environment that is gone"));
        script
    };
    fails(&mut script(), 1, &["has a working pip", "there is no uv", "leave this environment", "install pip"]);
    assert!(!machine.path("home/.cache").exists());
    // Each comes before the one of the round before.
    for name in ["uv", "pip3", "python3"] {
        machine.installer("bin", name);
        takes(&machine, &mut script(), &format!("{HOME}/torch"));
        assert_eq!(machine.read("call").lines().next(), machine.path("bin").join(name).to_str());
        fs::remove_dir_all(machine.path(HOME)).unwrap();
    }
}

#[test]
fn a_fetch_that_fails_leaves_nothing_and_names_ways_out() {
    let machine = Machine::bare();
    machine.program("bin/pip3", "#!/bin/sh\n[ \"$2\" = config ] || { echo no route to host >&2; exit 1; }\n");
    let ways = ["no route to host", "could not install torch 2.13.0", "set LIBTORCH to", "LIBTORCH_USE_PYTORCH=1"];
    fails(&mut machine.script(), 1, &ways);
    assert!(files(&machine.path("home/.cache/klgrad")).is_empty());
    machine.write("file", "");
    fails(machine.script().env("XDG_CACHE_HOME", machine.path("file")), 1, &["cannot create", "set XDG_CACHE_HOME"]);
}

#[test]
fn a_copy_that_is_intact_is_not_fetched_again_and_a_damaged_one_is() {
    let machine = Machine::new();
    let folder = format!("{HOME}/torch");
    takes(&machine, &mut machine.script(), &folder);
    assert!(machine.has_fetched());
    takes(&machine, &mut machine.script(), &folder);
    assert!(!machine.has_fetched());
    for part in [
        "torch/lib/libtorch_cpu.so",
        "torch/lib/libtorch.so",
        "torch/lib/libc10.so",
        "torch/include/torch/csrc/api/include/torch/torch.h",
        "torch/build-version",
        "nvidia/cu13/lib/libcudart.so.13",
        "nvidia/cu13/lib/libcupti.so.13",
    ] {
        fs::remove_file(machine.path(&format!("{HOME}/{part}"))).unwrap();
        takes(&machine, &mut machine.script(), &folder);
        assert!(machine.has_fetched(), "{part} was gone");
        assert!(machine.path(&format!("{HOME}/{part}")).exists());
    }
    machine.write(&format!("{HOME}/torch/lib/libtorch_cpu.so"), "");
    takes(&machine, &mut machine.script(), &folder);
    assert!(machine.has_fetched(), "libtorch_cpu.so was empty");
    fs::remove_dir_all(machine.path(HOME)).unwrap();
    fs::create_dir(machine.path(HOME)).unwrap();
    takes(&machine, &mut machine.script(), &folder);
    assert!(machine.has_fetched(), "the folder was empty");
    assert_eq!(files(&machine.path("home/.cache/klgrad")).len(), 1);
}

#[test]
fn relative_folders_are_made_absolute() {
    let machine = Machine::new();
    machine.libtorch("my own/libtorch", "2.13.0");
    takes(&machine, machine.script().env("LIBTORCH", "my own/../my own/libtorch"), "my own/libtorch");
    let fetched = "my cache/klgrad/libtorch-2.13.0-Linux-x86_64/torch";
    takes(&machine, machine.script().env("XDG_CACHE_HOME", "my cache"), fetched);
    for name in ["LIBTORCH_LIB", "LIBTORCH_INCLUDE"] {
        let mut script = machine.script();
        fails(script.env("LIBTORCH", "my own/libtorch").env(name, "my own"), 1, &[name, "'my own'", "full path"]);
    }
}

#[test]
fn without_home_a_way_out_is_named() {
    let machine = Machine::new();
    let message = ["neither HOME nor XDG_CACHE_HOME", "set XDG_CACHE_HOME"];
    fails(machine.script().env_remove("HOME"), 1, &message);
    fails(machine.script().env("HOME", "").env("XDG_CACHE_HOME", ""), 1, &message);
}

#[test]
fn libtorch_comes_before_pytorch_and_pytorch_before_the_cache() {
    let machine = Machine::new();
    machine.libtorch("mine", "2.13.0");
    machine.libtorch("pytorch", "2.13.0");
    let pytorch = machine.path("pytorch");
    machine.program(
        "bin of environment/python3",
        &format!("#!/bin/sh\n[ \"$1\" = -c ] && echo '{}'\n", pytorch.display()),
    );
    let with_pytorch = |value: &str| {
        let mut script = machine.script();
        script.env("LIBTORCH_USE_PYTORCH", value);
        script
    };
    takes(&machine, with_pytorch("1").env("LIBTORCH", machine.path("mine")), "mine");
    takes(&machine, with_pytorch("1").env("LIBTORCH", ""), "pytorch");
    assert!(!machine.has_fetched());
    for unused in ["", "0", "false", "FALSE"] {
        takes(&machine, &mut with_pytorch(unused), &format!("{HOME}/torch"));
    }
    machine.python_without_pip();
    fails(&mut with_pytorch("1"), 1, &["python3 cannot import torch", "unset LIBTORCH_USE_PYTORCH"]);
}

#[test]
fn another_or_half_a_libtorch_is_refused() {
    let machine = Machine::new();
    machine.libtorch("old", "2.12.1");
    fails(machine.script().env("LIBTORCH", "old"), 1, &["LIBTORCH leads to", "libtorch 2.12.1, not 2.13.0"]);
    takes(&machine, machine.script().env("LIBTORCH", "old").env("LIBTORCH_BYPASS_VERSION_CHECK", "1"), "old");
    fs::remove_file(machine.path("old/lib/libc10.so")).unwrap();
    fails(machine.script().env("LIBTORCH", "old"), 1, &["there is no", "old/lib/libc10"]);
    fails(machine.script().env("LIBTORCH", "nowhere"), 1, &["nowhere, which is no folder"]);
    fails(
        machine.script().env("LIBTORCH_LIB", machine.path("old")),
        1,
        &["LIBTORCH_LIB is set, but LIBTORCH", "unset"],
    );
}

#[test]
fn make_hands_cargo_the_libtorch_and_unsets_what_would_beat_it() {
    let machine = Machine::new();
    machine.libtorch("mine", "2.13.0");
    let root = env!("CARGO_MANIFEST_DIR");
    fs::create_dir(machine.path("scripts")).unwrap();
    for file in ["Makefile", "scripts/libtorch.sh"] {
        fs::copy(format!("{root}/{file}"), machine.path(file)).unwrap();
    }
    machine.program("bin/cargo", &format!("#!/bin/sh\nenv >'{}'\n", machine.path("environment").display()));
    succeed(machine.command("make").arg("sweep").env("LIBTORCH", "mine").env("LIBTORCH_USE_PYTORCH", ""));
    let environment = machine.read("environment");
    assert!(environment.lines().any(|line| line == format!("LIBTORCH={}", machine.path("mine").display())));
    assert!(!environment.contains("LIBTORCH_USE_PYTORCH"), "{environment}");
}
