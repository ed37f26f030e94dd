// SPDX-License-Identifier: LGPL-2.1-or-later
//! The example does what it says.

mod common;

use std::env;
use std::process::Command;

use common::*;
use flipq::IN_PROCESS;

#[test]
fn pages() {
    let here = env::current_exe().unwrap();
    let program = here.parent().unwrap().parent().unwrap().join("examples/pages");
    let done = Command::new(program).arg(&here).arg(device()).output().unwrap();
    let said = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let (pages, rest) = said.split_once(" pages became ").unwrap();
    let (bytes, rest) = rest.split_once(" bytes, ").unwrap();
    let pages: u64 = pages.parse().unwrap();
    let bytes: u64 = bytes.parse().unwrap();
    let size = here.metadata().unwrap().len();
    assert_eq!(pages, (size + 4095) / 4096);
    assert!(bytes > size / 20 && bytes < size, "{bytes} of {size}");
    let place = if device() == IN_PROCESS { "in the process\n" } else { "by the device\n" };
    assert_eq!(rest, place);
}

#[test]
fn no_file() {
    let here = env::current_exe().unwrap();
    let program = here.parent().unwrap().parent().unwrap().join("examples/pages");
    let done = Command::new(program).arg("/nowhere").output().unwrap();
    assert_eq!(done.status.code(), Some(1));
    assert!(!done.stderr.is_empty() && done.stdout.is_empty());
}
