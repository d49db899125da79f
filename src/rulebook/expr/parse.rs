//! Text → tree. The only file that knows the `cel` crate; parsing runs on one thread with a large
//! stack, because the parser recurses deeply and an overflow would end the process.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        OnceLock,
        mpsc::{Sender, channel},
    },
};

use cel::{
    Env,
    common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, SourceInfo, operators as op},
};

use super::{
    extent,
    syntax::{Fault, Kind, Op, Sign, Span, Syntax},
    tokens,
};

const RULE: &str = "condition-syntax";
const STACK: usize = 64 << 20;
/// Nesting of the parser's own rules; brackets are bounded lower, by `tokens`.
const PARSER_DEPTH: u16 = 32;
/// Deepest tree that later walks must bear: they run on small stacks.
const MAX_DEPTH: usize = 48;

type Outcome = Result<Syntax, Fault>;
type Job = (String, Sender<Outcome>);

/// The tree of `text`.
pub(super) fn parse(text: &str) -> Outcome {
    tokens::look(text)?;
    let (reply, answer) = channel();
    let sent = worker().is_some_and(|jobs| jobs.send((text.to_owned(), reply)).is_ok());
    let lost = || Fault::new(RULE, 0, "this could not be read", "write it in a simpler way");
    if sent { answer.recv().unwrap_or_else(|_| Err(lost())) } else { Err(lost()) }
}

fn worker() -> Option<&'static Sender<Job>> {
    static WORKER: OnceLock<Option<Sender<Job>>> = OnceLock::new();
    WORKER.get_or_init(start).as_ref()
}

fn start() -> Option<Sender<Job>> {
    let (jobs, queue) = channel::<Job>();
    let work = move || {
        for (text, reply) in queue {
            let outcome = catch_unwind(AssertUnwindSafe(|| read(&text)));
            let broken = |_| Err(Fault::new(RULE, 0, "this could not be read", "write it in a simpler way"));
            // A caller that went away needs no answer.
            let _ = reply.send(outcome.unwrap_or_else(broken));
        }
    };
    std::thread::Builder::new().name("conditions".into()).stack_size(STACK).spawn(work).ok()?;
    Some(jobs)
}

fn read(text: &str) -> Outcome {
    // Without macros `has`, `exists` and `all` stay the calls they are written as.
    let parser = Env::default().parser().enable_optional_syntax(false).max_recursion_depth(PARSER_DEPTH);
    let (tree, info) = parser.parse_with_source_info(text).map_err(|e| explain(text, &e.errors))?;
    Reader { text, info: &info }.node(&tree, 0)
}

fn explain(text: &str, errors: &[cel::parser::ParseError]) -> Fault {
    let Some(first) = errors.first() else {
        return Fault::new(RULE, 0, "this could not be read", "check quotes, brackets and operators");
    };
    let (line, column) = (first.pos.0.max(1) as usize, first.pos.1.max(1) as usize);
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let inside = text[start..].char_indices().nth(column - 1).map_or(text.len() - start, |(i, _)| i);
    let at = (start + inside).min(text.len());
    Fault::new(RULE, at, plainly(&first.msg), "check quotes, brackets and operators")
}

/// What the parser of the `cel` crate says, without its own words.
fn plainly(said: &str) -> String {
    let said = said.trim_start_matches("Syntax error: ");
    let quoted = said.split('\'').nth(1).unwrap_or_default();
    let strange = ["token recognition error", "extraneous input", "mismatched input", "no viable alternative"];
    match quoted {
        "<EOF>" => "something is missing at the end".to_owned(),
        "" => "a part of this is missing".to_owned(),
        _ if strange.iter().any(|s| said.starts_with(s)) => format!("`{quoted}` does not belong here"),
        _ => format!("something is missing near `{quoted}`"),
    }
}

struct Reader<'a> {
    text: &'a str,
    info: &'a SourceInfo,
}

impl Reader<'_> {
    fn node(&self, e: &IdedExpr, depth: usize) -> Outcome {
        let token = self.token(e.id);
        if depth > MAX_DEPTH {
            let help = "split it: name its parts as segments in model.yaml";
            return Err(Fault::new("condition-too-deep", token.at, "this is nested too deeply", help));
        }
        match &e.expr {
            Expr::Literal(literal) => Ok(Syntax { kind: literal_kind(literal, token.at)?, span: token }),
            Expr::Ident(name) => Ok(Syntax { kind: Kind::Name(name.trim_start_matches('.').to_owned()), span: token }),
            Expr::Select(select) => {
                let from = self.node(&select.operand, depth + 1)?;
                let gap = self.text[token.hi..].len() - self.text[token.hi..].trim_start().len();
                self.path(from, &select.field, token.hi + gap + select.field.len(), token)
            }
            Expr::List(list) => {
                let items = self.nodes(&list.elements, depth)?;
                let span = extent::around(self.text, token, &items);
                Ok(Syntax { kind: Kind::List(items), span })
            }
            Expr::Call(call) => self.call(call, token, depth),
            Expr::Map(_) | Expr::Struct(_) => Err(unknown(token.at, "`{ }`")),
            Expr::Comprehension(_) | Expr::Unspecified => Err(unknown(token.at, "this")),
        }
    }

    fn nodes(&self, list: &[IdedExpr], depth: usize) -> Result<Vec<Syntax>, Fault> {
        list.iter().map(|e| self.node(e, depth + 1)).collect()
    }

    /// `from.field`, or a fault where `from` is not a name.
    fn path(&self, from: Syntax, field: &str, hi: usize, token: Span) -> Outcome {
        let Kind::Name(name) = from.kind else { return Err(unknown(token.at, "`.` after something that is no name")) };
        let hi = hi.min(self.text.len());
        Ok(Syntax { kind: Kind::Name(format!("{name}.{field}")), span: Span { hi, ..from.span } })
    }

    fn call(&self, call: &CallExpr, token: Span, depth: usize) -> Outcome {
        if let Some(target) = &call.target {
            let target = self.node(target, depth + 1)?;
            let args = self.nodes(&call.args, depth)?;
            let at = extent::word_before(self.text, token.lo);
            let span = Span {
                at,
                ..extent::around(self.text, extent::around(self.text, token, &args), std::slice::from_ref(&target))
            };
            return Ok(Syntax { kind: Kind::Method(Box::new(target), call.func_name.clone(), args), span });
        }
        match call.func_name.as_str() {
            op::LOGICAL_AND | op::LOGICAL_OR => self.chain(call, token, depth),
            op::INDEX => self.index(call, token, depth),
            name => {
                let args = self.nodes(&call.args, depth)?;
                let mut span = extent::around(self.text, token, &args);
                if is_word(name) {
                    span.at = extent::word_before(self.text, token.lo);
                    span.lo = span.lo.min(span.at);
                }
                let count = args.len();
                let kind = operator(name, args).ok_or_else(|| unknown(token.at, &format!("{name} of {count}")))?;
                Ok(Syntax { kind, span })
            }
        }
    }

    /// `a && b && c` comes as a balanced tree; it is one list of clauses here, at any length.
    fn chain(&self, call: &CallExpr, token: Span, depth: usize) -> Outcome {
        let mut items = Vec::new();
        for arg in &call.args {
            match &arg.expr {
                Expr::Call(inner) if inner.func_name == call.func_name && inner.target.is_none() => {
                    let part = self.chain(inner, self.token(arg.id), depth + 1)?;
                    match part.kind {
                        Kind::All(list) | Kind::Any(list) => items.extend(list),
                        _ => {}
                    }
                }
                _ => items.push(self.node(arg, depth + 1)?),
            }
        }
        let span = extent::around(self.text, token, &items);
        let kind = if call.func_name == op::LOGICAL_AND { Kind::All(items) } else { Kind::Any(items) };
        Ok(Syntax { kind, span })
    }

    /// `playbook["win-back"]` is the name `playbook.win-back`.
    fn index(&self, call: &CallExpr, token: Span, depth: usize) -> Outcome {
        let [target, key] = call.args.as_slice() else { return Err(unknown(token.at, "`[ ]`")) };
        let target = self.node(target, depth + 1)?;
        match &key.expr {
            Expr::Literal(LiteralValue::String(key)) => {
                let hi = extent::balanced(self.text, Span { lo: token.lo, hi: token.hi, at: token.at }).hi;
                self.path(target, key.inner(), hi, token)
            }
            _ => Err(unknown(token.at, "`[ ]` with anything but a text in quotes")),
        }
    }

    fn token(&self, id: u64) -> Span {
        let (lo, stop) = self.info.offset_for(id).unwrap_or((0, 0));
        let lo = extent::floor(self.text, lo as usize);
        let hi = extent::ceil(self.text, (stop as usize + 1).max(lo));
        Span { lo, hi, at: lo }
    }
}

fn is_word(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '.')
}

fn unknown(at: usize, what: &str) -> Fault {
    Fault::new(
        RULE,
        at,
        format!("{what} is not known here"),
        "conditions know names, numbers, texts, lists, operators and functions",
    )
}

fn literal_kind(literal: &LiteralValue, at: usize) -> Result<Kind, Fault> {
    Ok(match literal {
        LiteralValue::Boolean(b) => Kind::Bool(*b.inner()),
        LiteralValue::Int(n) => Kind::Num(*n.inner() as f64),
        LiteralValue::UInt(n) => Kind::Num(*n.inner() as f64),
        LiteralValue::Double(n) => Kind::Num(*n.inner()),
        LiteralValue::String(s) => Kind::Text(s.inner().to_owned()),
        LiteralValue::Null => {
            let help = "ask `has(x)` or `!has(x)` whether a value is known";
            return Err(Fault::new(RULE, at, "`null` is not known here", help));
        }
        LiteralValue::Bytes(_) => return Err(unknown(at, "b\"…\"")),
    })
}

fn operator(name: &str, args: Vec<Syntax>) -> Option<Kind> {
    if is_word(name) {
        return Some(Kind::Call(name.trim_start_matches('.').to_owned(), args));
    }
    let mut args = args.into_iter();
    let (first, second, third) = (Box::new(args.next()?), args.next(), args.next());
    if name == op::CONDITIONAL {
        return Some(Kind::If(Box::new([*first, second?, third?])));
    }
    match name {
        op::LOGICAL_NOT => return Some(Kind::Not(first)),
        op::NEGATE => return Some(Kind::Neg(first)),
        _ => {}
    }
    let second = Box::new(second?);
    Some(match name {
        op::IN => Kind::In(first, second),
        op::EQUALS => Kind::Compare(first, Op::Eq, second),
        op::NOT_EQUALS => Kind::Compare(first, Op::Ne, second),
        op::LESS => Kind::Compare(first, Op::Lt, second),
        op::LESS_EQUALS => Kind::Compare(first, Op::Le, second),
        op::GREATER => Kind::Compare(first, Op::Gt, second),
        op::GREATER_EQUALS => Kind::Compare(first, Op::Ge, second),
        op::ADD => Kind::Arith(first, Sign::Add, second),
        op::SUBSTRACT => Kind::Arith(first, Sign::Sub, second),
        op::MULTIPLY => Kind::Arith(first, Sign::Mul, second),
        op::DIVIDE => Kind::Arith(first, Sign::Div, second),
        op::MODULO => Kind::Arith(first, Sign::Rem, second),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(text: &str, s: &Syntax) -> String {
        text[s.span.lo..s.span.hi].to_owned()
    }

    #[test]
    fn clauses_keep_their_text_as_written() {
        let text = "account.名 == \"（日本語)\" && (a.b + c) * 2 > size(d.e) && !has( x.y ) && p.q.contains('z')";
        let text = text.replace("名", "plan");
        let Kind::All(items) = parse(&text).unwrap().kind else { panic!("not a chain") };
        let parts: Vec<String> = items.iter().map(|i| part(&text, i)).collect();
        assert_eq!(
            parts,
            ["account.plan == \"（日本語)\"", "(a.b + c) * 2 > size(d.e)", "!has( x.y )", "p.q.contains('z')"]
        );
    }

    #[test]
    fn a_slip_is_told_in_plain_words() {
        for (text, at, told) in [
            ("a >= ", 5, "something is missing at the end"),
            ("a && && b", 5, "`&&` does not belong here"),
            ("a 3", 2, "`3` does not belong here"),
            ("a ? b", 0, "a part of this is missing"),
        ] {
            let fault = parse(text).unwrap_err();
            assert_eq!((fault.at, fault.message.as_str()), (at, told), "{text}");
        }
    }

    #[test]
    fn an_index_with_a_text_is_a_name() {
        let tree = parse("playbook[\"win-back\"] == 'never'").unwrap();
        let Kind::Compare(left, Op::Eq, _) = tree.kind else { panic!("no comparison") };
        assert_eq!(left.kind, Kind::Name("playbook.win-back".into()));
    }

    #[test]
    fn hostile_texts_are_refused_and_never_end_the_process() {
        let texts = [
            "(".repeat(3_000),
            format!("{}1{}", "(".repeat(1_500), ")".repeat(1_500)),
            format!("{}1{}", "[".repeat(1_500), "]".repeat(1_500)),
            "!".repeat(3_900) + "a",
            "-".repeat(3_900) + "1",
            "1 + ".repeat(900) + "1",
            "a.".repeat(1_900) + "b",
            "a ? b : ".repeat(400) + "c",
            "x".repeat(10_000),
            "\u{0}\u{feff}\u{202e}".into(),
            "a.b().".repeat(600) + "c()",
            "🦀 == '🦀".into(),
            "f(".repeat(20) + &")".repeat(20),
            "1e999 > 0".into(),
            "99999999999999999999 > 0".into(),
            "'\\u12' == a".into(),
        ];
        for text in texts {
            if let Err(fault) = parse(&text) {
                assert!(fault.at <= text.len() && text.is_char_boundary(fault.at), "{fault:?}");
            }
        }
        assert!(parse("a == 1").is_ok());
    }
}
