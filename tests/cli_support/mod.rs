//! Made-up projects, and the binary run in them.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test crate uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "it is test code, though no `#[test]` function")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A service with one leak of high confidence: `seen` grows with each request.
pub const LEAK: &str = "\
import express from 'express';
const app = express();
const seen = new Map();

app.get('/users/:id', (req, res) => {
  seen.set(req.url, Date.now());
  res.end();
});
";

/// The same, with an end.
pub const CLEAN: &str = "\
import express from 'express';
const app = express();
const seen = new Map();

app.get('/users/:id', (req, res) => {
  seen.set(req.url, Date.now());
  res.on('close', () => seen.delete(req.url));
});
";

pub struct Project {
    folder: TempDir,
}

pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Project {
    pub fn new<T: AsRef<[u8]>>(files: &[(&str, T)]) -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap() };
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        run(&mut self.command(arguments), b"")
    }

    pub fn run_with_stdin(&self, arguments: &[&str], stdin: &[u8]) -> Run {
        run(&mut self.command(arguments), stdin)
    }

    /// The command, with nothing in its environment that would change what it prints.
    pub fn command(&self, arguments: &[&str]) -> Command {
        command(&self.path(), arguments)
    }

    pub fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let run = self.run(&[&["--format", "json"], arguments].concat());
        serde_json::from_str(&run.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr))
    }

    pub fn git(&self, arguments: &[&str]) {
        let identity =
            ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"];
        let status = Command::new("git")
            .args(identity)
            .args(arguments)
            .current_dir(self.path())
            .output()
            .unwrap()
            .status;
        assert!(status.success(), "git {arguments:?}");
    }
}

pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_outlive"));
    command.args(arguments).current_dir(folder).env_clear();
    for name in ["PATH", "HOME", "SYSTEMROOT", "LLVM_PROFILE_FILE"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.env("LC_ALL", "C.UTF-8");
    // Not what the user's own runs kept.
    command.env("XDG_CACHE_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"));
    command
}

pub fn run(command: &mut Command, stdin: &[u8]) -> Run {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // One that reads nothing may be gone already.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// `rule at line` of every finding.
pub fn found(report: &serde_json::Value) -> Vec<String> {
    let place = |finding: &serde_json::Value| {
        format!(
            "{} {}:{}",
            finding["rule"].as_str().unwrap(),
            finding["path"].as_str().unwrap(),
            finding["start"]["line"]
        )
    };
    report["findings"].as_array().unwrap().iter().map(place).collect()
}
