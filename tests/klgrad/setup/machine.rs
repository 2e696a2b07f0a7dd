//! A machine to run `scripts/libtorch.sh` on, without a network: it has the tools of a shell and the programs that a test
//! puts on its path, none else.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

const TOOLS: [&str; 14] =
    ["awk", "basename", "cat", "dirname", "env", "ln", "make", "mkdir", "mktemp", "mv", "rm", "sed", "sh", "tr"];

/// What `-m pip install`, `install` or `pip install` does here: it writes down how it was called, and puts into its
/// target what PyTorch's wheels have. `config list` prints the file `config`, and `-c` the interpreter's own path.
const INSTALLER: &str = r#"#!/bin/sh
here=${0%/bin*}
case "$*" in
-c*) echo "$0" && exit ;;
*config\ list*) exec cat "$here/config" ;;
esac
printf '%s\n' "$0" "$@" >"$here/call"
env >"$here/environment"
while [ $# -gt 0 ]; do
    case $1 in
    --target) tree=$2 ;;
    --requirement) cat "$2" >"$here/requirements" ;;
    esac
    shift
done
case $(uname -s) in Darwin) suffix=dylib ;; *) suffix=so ;; esac
headers=$tree/torch/include/torch/csrc/api/include/torch
mkdir -p "$tree/torch/lib" "$headers"
echo header >"$headers/torch.h"
for library in torch_cpu torch c10 torch_cuda torch_python; do echo code >"$tree/torch/lib/lib$library.$suffix"; done
[ $suffix = dylib ] && exit
mkdir -p "$tree/nvidia/cu13/lib"
for library in cudart cupti nvrtc; do echo code >"$tree/nvidia/cu13/lib/lib$library.so.13"; done
"#;

/// A python3 in an environment without pip, and without torch.
const WITHOUT_PIP: &str = r#"#!/bin/sh
case "$*" in *sys.executable*) echo "$0" && exit ;; esac
echo No such module >&2
exit 1
"#;

pub struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    /// Linux on x86-64, with a python3 that has pip.
    pub fn new() -> Self {
        let machine = Self::bare();
        machine.installer("bin", "python3");
        machine
    }

    /// Without any Python.
    pub fn bare() -> Self {
        let machine = Self { folder: tempfile::tempdir().unwrap() };
        // A folder for each step of the path, with a blank in every name below.
        for folder in ["bin", "bin of environment", "bin of tools", "home"] {
            fs::create_dir(machine.path(folder)).unwrap();
        }
        for tool in TOOLS {
            symlink(real(tool), machine.path("bin of tools").join(tool)).unwrap();
        }
        machine.is("Linux", "x86_64");
        machine.write("config", "");
        machine
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn program(&self, name: &str, text: &str) {
        self.write(name, text);
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub fn installer(&self, folder: &str, name: &str) {
        self.program(&format!("{folder}/{name}"), INSTALLER);
    }

    pub fn python_without_pip(&self) {
        self.program("bin of environment/python3", WITHOUT_PIP);
    }

    pub fn is(&self, system: &str, machine: &str) {
        let text = format!("#!/bin/sh\ncase $1 in -s) echo {system} ;; *) echo {machine} ;; esac\n");
        self.program("bin of tools/uname", &text);
    }

    /// A libtorch of this version: all of it that the script looks at.
    pub fn libtorch(&self, folder: &str, version: &str) {
        for file in
            ["lib/libtorch_cpu.so", "lib/libtorch.so", "lib/libc10.so", "include/torch/csrc/api/include/torch/torch.h"]
        {
            self.write(&format!("{folder}/{file}"), "code");
        }
        let parts = ["MAJOR", "MINOR", "PATCH"].into_iter().zip(version.split('.'));
        let header: String = parts.map(|(part, number)| format!("#define TORCH_VERSION_{part} {number}\n")).collect();
        self.write(&format!("{folder}/include/torch/headeronly/version.h"), &header);
    }

    /// A command of this machine in its own folder, with nothing of the test's environment.
    pub fn command(&self, program: &str) -> Command {
        let folders = ["bin of environment", "bin", "bin of tools"].map(|folder| self.path(folder));
        let mut command = Command::new(self.path("bin of tools").join(program));
        command.current_dir(self.path("")).env_clear().env("HOME", self.path("home"));
        command.env("PATH", std::env::join_paths(folders).unwrap());
        command
    }

    pub fn script(&self) -> Command {
        let mut command = self.command("sh");
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/libtorch.sh"));
        command
    }

    /// Whether an installer was called since this was last asked.
    pub fn has_fetched(&self) -> bool {
        fs::remove_file(self.path("call")).is_ok()
    }
}

/// Where a tool of the real machine is.
fn real(tool: &str) -> PathBuf {
    let path = std::env::var_os("PATH").expect("tests run with a PATH");
    let mut candidates = std::env::split_paths(&path).map(|folder| folder.join(tool));
    candidates.find(|candidate| candidate.is_file()).unwrap_or_else(|| panic!("{tool} is not on the PATH"))
}
