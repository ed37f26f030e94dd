// SPDX-License-Identifier: LGPL-2.1-or-later
//! Finds libflipq: in FLIPQ_LIB_DIR, or where pkg-config says. No crate is needed for
//! that.

use std::env;
use std::process::{exit, Command};

const WANTED: &str = "flipq >= 1.1";

fn pkg_config() -> Result<String, String> {
    let program = env::var("PKG_CONFIG").unwrap_or_else(|_| "pkg-config".into());
    let done = Command::new(&program)
        .args(["--print-errors", "--libs", WANTED])
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    if done.status.success() {
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&done.stderr).trim().to_owned())
    }
}

fn main() {
    for name in ["FLIPQ_LIB_DIR", "PKG_CONFIG", "PKG_CONFIG_PATH"] {
        println!("cargo:rerun-if-env-changed={name}");
    }
    if let Ok(directory) = env::var("FLIPQ_LIB_DIR") {
        println!("cargo:rustc-link-search=native={directory}");
        println!("cargo:rustc-link-lib=flipq");
        return;
    }
    let words = pkg_config().unwrap_or_else(|why| {
        eprintln!("flipq-sys: no libflipq of 1.1 or later: {why}");
        eprintln!("flipq-sys: install it, or name its directory in FLIPQ_LIB_DIR");
        exit(1);
    });
    for word in words.split_whitespace() {
        if let Some(directory) = word.strip_prefix("-L") {
            println!("cargo:rustc-link-search=native={directory}");
        } else if let Some(name) = word.strip_prefix("-l") {
            println!("cargo:rustc-link-lib={name}");
        }
    }
}
