//! Wrong calls of the built binary: each is refused with the contract's exit code, in the asked language.

use std::{path::Path, process::Command};

/// Arguments, exit code, a part of what is said in Japanese and in English.
const WRONG: &[(&[&str], i32, &str, &str)] = &[
    (&["simulate", "--to", "soon"], 2, "日時として読めません", "is no moment"),
    (&["simulate", "--from", "2020-01-01"], 2, "今より後の期間", "from now into the future"),
    (&["simulate", "--playbook", "onbording"], 1, "onboarding", "onboarding"),
    (&["backtest", "no_login", "--from", "2999-01-01"], 2, "過去の期間", "looks at the past"),
    (&["backtest", "nothing"], 1, "no_login", "no_login"),
    (&["plan", "--against", "--upload-pack=x"], 2, "", ""),
    (&["plan", "--against=--upload-pack=x"], 2, "gitの版でもありません", "neither a folder nor a git ref"),
    (&["plan", "--against", "nowhere"], 2, "gitの版でもありません", "neither a folder nor a git ref"),
    (&["rollback"], 1, "一度でも反映された版", "was once live"),
    (&["enroll", "nobody", "onboarding"], 1, "見つかりません", "nobody"),
    (&["enroll", "nobody", "onbording"], 1, "onboarding", "onboarding"),
    (&["enroll", "onboarding"], 2, "enroll 顧客 プレイブック", "enroll ACCOUNT PLAYBOOK"),
    (&["unenroll", "--where", "account.mrr > 1", "onboarding"], 1, "条件に合う顧客がいません", "holds for nobody"),
    (&["enroll", "--where", "acount.mrr > 1", "onboarding"], 2, "--where", "--where"),
    (&["pause", "onbording"], 1, "「onbording」という顧客は見つかりません", "No account is called “onbording”"),
    (&["pause", "playbook:onbording"], 1, "onboarding", "onboarding"),
    (&["resume", "sender:nobody"], 1, "sender:default", "No mail is sent by “nobody”; name one of"),
    (&["cs", "done", "nobody", "call"], 1, "見つかりません", "nobody"),
    (&["merge", "nobody", "a", "b"], 1, "見つかりません", "nobody"),
    (&["accounts", "--sort", "size"], 2, "並べ方", "is no order"),
    (&["digest", "nothing"], 2, "at-risk", "at-risk"),
    (&["outbox", "list", "--state", "lost"], 2, "maybe_sent", "maybe_sent"),
    (&["outbox", "show", "x"], 1, "shirube outbox list", "shirube outbox list"),
    (&["outbox", "mark", "x", "perhaps"], 2, "not-sent", "not-sent"),
    (&["outbox", "resend", "x"], 1, "shirube outbox show x", "shirube outbox show x"),
    (&["preview", "onboarding/welcome", "--account", "nobody"], 1, "見つかりません", "nobody"),
    (&["explain", "nobody", "--at", "2026-01-01"], 1, "見つかりません", "nobody"),
    (&["kpi", "--month", "13"], 2, "月として読めません", "is no month"),
    (&["run", "--role", "cook"], 2, "evaluate", "evaluate"),
    (&["tick", "--dry-run", "--at", "noon"], 2, "日時として読めません", "is no moment"),
];

#[test]
fn a_wrong_call_is_refused_with_its_exit_code_in_the_asked_language() {
    let folder = tempfile::tempdir().unwrap();
    assert!(shirube(folder.path(), "en", &["init"]).0 == 0);
    let mut wrong = Vec::new();
    for (args, code, ja, en) in WRONG {
        for (lang, part) in [("ja", ja), ("en", en)] {
            let (exit, said) = shirube(folder.path(), lang, args);
            if exit != *code || !said.contains(part) {
                wrong.push(format!("{args:?} in {lang} ended with {exit}: {said}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn shirube(dir: &Path, lang: &str, args: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shirube"));
    let output = command.args(["--lang", lang, "--dir"]).arg(dir).args(args).output().unwrap();
    assert!(output.stdout.is_empty() || args[0] == "init", "a refusal prints nothing on stdout: {args:?}");
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned())
}
