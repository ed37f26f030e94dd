// SPDX-License-Identifier: LGPL-2.1-or-later
//! Structs, numbers and functions are those of the header in C.

use std::mem::{size_of, MaybeUninit};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, process, ptr};

use flipq_sys::*;

/// An expression in C, and what it should be.
type Question = (String, u64);

/// Of the members of a struct. That these are all the compiler sees to.
macro_rules! members {
    ($ask:ident, $name:ident { $($member:ident),* $(,)? }) => {
        #[allow(dead_code)]
        fn all(one: $name) {
            let $name { $($member: _),* } = one;
        }
        let room = MaybeUninit::<$name>::uninit();
        let start = room.as_ptr();
        let name = concat!("struct ", stringify!($name));
        $ask.push((format!("sizeof({name})"), size_of::<$name>() as u64));
        $({
            // SAFETY: the address of a member is taken, and nothing is read.
            let member = unsafe { ptr::addr_of!((*start).$member) };
            // C has a word of Rust's, which has a line after it here
            let called = stringify!($member).trim_end_matches('_');
            $ask.push((format!("offsetof({name}, {called})"),
                       member as u64 - start as u64));
            $ask.push((format!("sizeof((({name} *)0)->{called})"), size_at(member)));
        })*
    };
}

/// How large what a pointer leads to is.
fn size_at<T>(_: *const T) -> u64 {
    size_of::<T>() as u64
}

macro_rules! numbers {
    ($ask:ident, $($name:ident),* $(,)?) => {
        $($ask.push((stringify!($name).to_owned(), $name as u64));)*
    };
}

#[rustfmt::skip]
fn questions() -> Vec<Question> {
    let mut ask = Vec::new();
    { members!(ask, flipq_codec {
        algorithm, level, flags, window_log, dict_addr, dict_len, reserved }); }
    { members!(ask, flipq_config {
        device, slots, partitions, owner_partitions, in_size, out_size, max_len,
        arena_size, codecs, nr_codecs, policy, set_spin, worker_spin_ns, wait_spin_ns,
        shared_only, flags, fallback }); }
    { members!(ask, flipq_image_config { device, partitions, fallback, base }); }
    { members!(ask, flipq_image_info {
        size, id, blocks, block, checked, based, base_id, base_size, own }); }
    { members!(ask, flipq_event {
        slot, status, flags, len, csum, value, user_data, words }); }
    { members!(ask, flipq_usage { submitted, batches, kicks, waits, busy }); }
    { members!(ask, flipq_flush {
        src, dst, bitmap, first, count, page_size, where_, mode, chunk, pages, words }); }
    { members!(ask, flipq_pool_config { min, max, idle_ns }); }
    { members!(ask, flipq_pool_state { threads, serving, started, ended, requests }); }
    { members!(ask, flipq_desc {
        opcode, codec, reserved0, flags, src_len, dst_len, src, dst, own, reserved1 }); }
    { members!(ask, flipq_counters {
        requests, bytes_in, bytes_out, filled, incompressible, errors, busy_ns, turns,
        sleeps, wakeups, kicks, waits, sleeping_waits, cancelled, serves, reserved }); }
    { members!(ask, flipq_stats {
        size, flags, of, index, cpu, reserved0, counters }); }
    { members!(ask, flipq_info {
        size, flags, abi, max_slots, max_partitions, max_slot_size, max_codecs, workers,
        default_partitions, max_queues, max_user_queues, reserved, features, opcodes,
        req_flags, max_workspace, max_queue_bytes, max_total_bytes, queues, total_bytes,
        worker_bytes, max_user_bytes, user_queues, user_bytes }); }
    { members!(ask, flipq_codec_info {
        size, flags, index, slot_size, algorithm, caps, min_level, max_level,
        default_level, shared_level, owner_level, reserved0, compress_workspace,
        decompress_workspace, owner_workspace, name, reserved }); }
    numbers!(ask, FLIPQ_TIMEOUT_NONE, FLIPQ_OPEN_CHECK_THREADS,
        FLIPQ_REQ_SRC_SLOT, FLIPQ_REQ_SRC_ARENA, FLIPQ_REQ_SRC_USER, FLIPQ_REQ_DST_SLOT,
        FLIPQ_REQ_DST_ARENA, FLIPQ_REQ_DST_USER, FLIPQ_REQ_CSUM_NONE,
        FLIPQ_REQ_CSUM_XXH32, FLIPQ_REQ_CSUM_XXH64, FLIPQ_REQ_CSUM_CRC32,
        FLIPQ_REQ_DETECT_FILL, FLIPQ_REQ_CSUM_ENCODED, FLIPQ_RES_FILLED,
        FLIPQ_RES_INCOMPRESSIBLE, FLIPQ_ALG_LZ4, FLIPQ_ALG_LZ4HC, FLIPQ_ALG_LZO,
        FLIPQ_ALG_ZSTD, FLIPQ_ALG_DEFLATE, FLIPQ_CODEC_DECOMPRESS_ONLY,
        FLIPQ_CODEC_CHECKSUM, FLIPQ_CODEC_OWNER, FLIPQ_CODEC_CAP_COMPRESS,
        FLIPQ_CODEC_CAP_DECOMPRESS, FLIPQ_CODEC_CAP_CHECKSUM, FLIPQ_POLICY_BATCH,
        FLIPQ_POLICY_LEAST_LOADED, FLIPQ_POLICY_ROUND_ROBIN, FLIPQ_POLICY_FILL_FIRST,
        FLIPQ_POLICY_LOCAL_NODE, FLIPQ_IN_ARENA, FLIPQ_IN_USER, FLIPQ_FLUSH_CHUNKS,
        FLIPQ_FLUSH_FIXED, FLIPQ_STATS_QUEUE, FLIPQ_STATS_PARTITION,
        FLIPQ_STATS_WORKER);
    ask
}

/// The repository, if this is a part of one.
fn top() -> Option<PathBuf> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    top.join("tools/lib/flipq.h").exists().then_some(top)
}

/// What a C compiler makes of the expressions.
fn answers(questions: &[Question]) -> Vec<u64> {
    let scratch = env::temp_dir().join(format!("flipq-layout-{}", process::id()));
    let source = scratch.with_extension("c");
    let mut text = "#include <stddef.h>\n#include <stdio.h>\n#include <flipq.h>\n\
                    int main(void)\n{\n"
        .to_owned();
    for (what, _) in questions {
        text += &format!("\tprintf(\"%llu\\n\", (unsigned long long)({what}));\n");
    }
    fs::write(&source, text + "}\n").unwrap();
    let mut compiler = Command::new(env::var("CC").unwrap_or_else(|_| "cc".into()));
    if let Some(top) = top() {
        for directory in ["tools/lib", "uapi"] {
            compiler.arg("-I").arg(top.join(directory));
        }
    }
    let compiled = compiler.arg("-o").args([&scratch, &source]).status();
    fs::remove_file(&source).unwrap();
    assert!(compiled.expect("a C compiler").success());
    let said = Command::new(&scratch).output().unwrap();
    fs::remove_file(&scratch).unwrap();
    String::from_utf8(said.stdout)
        .unwrap()
        .lines()
        .map(|line| line.parse().unwrap())
        .collect()
}

#[test]
fn structs_and_numbers() {
    let questions = questions();
    let answers = answers(&questions);
    assert_eq!(questions.len(), answers.len());
    for ((what, here), there) in questions.iter().zip(answers) {
        assert_eq!(*here, there, "{what}");
    }
}

/// A text in C without what it says to readers.
fn without_comments(text: &str) -> String {
    text.split("/*")
        .map(|part| part.split_once("*/").map_or(part, |(_, rest)| rest))
        .collect()
}

/// How many arguments the declaration of a function has in a text.
fn arguments(text: &str, name: &str) -> Option<usize> {
    let start = text.find(&format!("{name}("))? + name.len() + 1;
    let end = start + text[start..].find(')')?;
    Some(text[start..end].split(',').count())
}

#[test]
fn functions() {
    let top = match top() {
        Some(top) => top,
        None => return,
    };
    let map = fs::read_to_string(top.join("tools/lib/libflipq.map")).unwrap();
    let header =
        without_comments(&fs::read_to_string(top.join("tools/lib/flipq.h")).unwrap());
    let here = include_str!("../src/lib.rs");
    let mut count = 0;
    for name in map.split_whitespace().filter_map(|word| word.strip_suffix(';')) {
        if !name.starts_with("flipq_") {
            continue;
        }
        let there = arguments(&header, name);
        assert!(there.is_some(), "{name}");
        assert_eq!(arguments(here, &format!("fn {name}")), there, "{name}");
        count += 1;
    }
    assert_eq!(count, here.matches("pub fn flipq_").count());
}

#[test]
fn strings() {
    assert_eq!(FLIPQ_DEVICE, b"/dev/flipq\0");
    assert_eq!(FLIPQ_IN_PROCESS, b"process:\0");
}
