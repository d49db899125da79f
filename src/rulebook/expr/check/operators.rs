//! Comparisons and arithmetic: which kinds fit together, and the specialised nodes they become.

use jiff::tz::TimeZone;

use super::{Checker, Typed, constant, plain};
use crate::{
    model::{
        diagnostic::{nearest, only_near},
        value::Value,
    },
    rulebook::expr::{
        node::{Compare, Days, Node},
        pace::{Pace, pace},
        schema::Type,
        syntax::{Kind, Op, Sign, Span, Syntax},
        values,
    },
};

impl Checker<'_> {
    /// `left OP right`.
    pub(super) fn compare(&mut self, l: &Syntax, op: Op, r: &Syntax, span: Span) -> Typed {
        let loose = self.loose_now.len();
        let (left, right) = (self.expr(l), self.expr(r));
        if !self.comparable((l, &left), op, (r, &right), span) {
            return Typed::new(Type::Bool, Node::Const(Value::Missing));
        }
        self.note_long_ago(l, &left.node, op, &right.node);
        self.note_long_ago(r, &right.node, op.mirrored(), &left.node);
        let node = lower(left.node, op, right.node);
        if let Node::Compare(c) = &node
            && matches!(c.pace, Pace::Clock(_))
        {
            self.loose_now.truncate(loose);
        }
        Typed::new(Type::Bool, node)
    }

    /// Whether two sides compare; tells why not.
    pub(super) fn comparable(&mut self, l: (&Syntax, &Typed), op: Op, r: (&Syntax, &Typed), span: Span) -> bool {
        let (left, right) = (&l.1.ty, &r.1.ty);
        if !fits(left, right) {
            let message = format!("{} is compared with {}", plain(left), plain(right));
            let help = mismatch_help(l, r, self.text_of(l.0.span), self.text_of(r.0.span));
            self.mismatch(span, message, help);
            return false;
        }
        if !op.is_equality() && (has_no_order(left) || has_no_order(right)) {
            let what = if matches!(left, Type::Bool) || matches!(right, Type::Bool) {
                "true and false have"
            } else {
                "words have"
            };
            self.mismatch(
                span,
                format!("{what} no order, so `{op}` does not fit"),
                "use == or !=, or `in [\"…\", \"…\"]`",
            );
            return false;
        }
        self.known_word(left, r) && self.known_word(right, l)
    }

    /// A constant beside one of a few words must be one of them.
    fn known_word(&mut self, ty: &Type, other: (&Syntax, &Typed)) -> bool {
        let (Type::Text(Some(words)), Some(Value::Text(word))) = (ty, constant(&other.1.node)) else { return true };
        if words.iter().any(|w| **w == **word) {
            return true;
        }
        let help = match nearest(word, words.iter().map(String::as_str)) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("it is one of: {}", words.join(", ")),
        };
        self.fault("unknown-word", other.0.span, format!("this is never \"{word}\""), help);
        let near = only_near(word, words.iter().map(String::as_str));
        self.mend_last(near.map(|near| (word.to_string(), near.to_owned())));
        false
    }

    fn note_long_ago(&mut self, s: &Syntax, side: &Node, op: Op, other: &Node) {
        let at_least = matches!(op, Op::Ge | Op::Gt) && matches!(other, Node::Const(Value::Num(n)) if *n > 0.0);
        let counts = matches!(side, Node::Days(Days::Since | Days::BusinessSince, _));
        if let Kind::Call(_, args) = &s.kind
            && at_least
            && counts
            && let [Syntax { kind: Kind::Name(name), .. }] = args.as_slice()
        {
            self.long_ago.push((name.clone(), s.span.at));
        }
    }

    /// `left SIGN right`.
    pub(super) fn arith(&mut self, l: &Syntax, sign: Sign, r: &Syntax, s: &Syntax) -> Typed {
        if let Some(name) = self.hyphenated(s) {
            return name;
        }
        let (left, right) = (self.expr(l), self.expr(r));
        match result(&left.ty, sign, &right.ty) {
            Some(ty) => Typed::new(ty, fold(left.node, sign, right.node)),
            None => {
                let message = format!("{} {sign} {} does not fit", plain(&left.ty), plain(&right.ty));
                self.mismatch(s.span, message, arith_help(&left.ty, sign, &right.ty))
            }
        }
    }

    /// `-part`.
    pub(super) fn negative(&mut self, s: &Syntax) -> Typed {
        let part = self.expr(s);
        if !matches!(part.ty, Type::Num | Type::Duration | Type::Money | Type::Any) {
            return self.mismatch(
                s.span,
                format!("`-` before {} does not fit", plain(&part.ty)),
                "only numbers, money and lengths can be negative",
            );
        }
        let node = match constant(&part.node) {
            Some(value) => Node::Const(values::negative(value)),
            None => Node::Neg(Box::new(part.node)),
        };
        Typed::new(part.ty, node)
    }
}

fn fits(a: &Type, b: &Type) -> bool {
    use Type::*;
    match (a, b) {
        (List, _) | (_, List) => false,
        (Any, _) | (_, Any) | (Text(_), Text(_)) => true,
        (Num | Money, Num | Money) | (Instant | Date, Instant | Date) => true,
        _ => a == b,
    }
}

fn has_no_order(ty: &Type) -> bool {
    matches!(ty, Type::Bool | Type::Text(Some(_)))
}

fn mismatch_help(l: (&Syntax, &Typed), r: (&Syntax, &Typed), left: &str, right: &str) -> String {
    let (l_ty, r_ty) = (&l.1.ty, &r.1.ty);
    match (l_ty, r_ty) {
        (Type::Instant | Type::Date, Type::Text(_)) => format!("write a day as date({right})"),
        (Type::Text(_), Type::Instant | Type::Date) => format!("write a day as date({left})"),
        (Type::Instant | Type::Date, Type::Num) => format!("count days, e.g. `days_since({left}) >= {right}`"),
        (Type::Num, Type::Instant | Type::Date) => format!("count days, e.g. `days_since({right}) >= {left}`"),
        (Type::Duration, Type::Text(_)) => format!("write duration({right})"),
        (Type::Duration, _) | (_, Type::Duration) => {
            "write a length as duration(\"36h\") or duration(\"2d\")".to_owned()
        }
        (Type::Num | Type::Money | Type::Bool, Type::Text(_)) => {
            format!("write it without quotes: {}", right.trim_matches(['"', '\'']))
        }
        (Type::Text(_), Type::Num | Type::Money | Type::Bool) => format!("put it in quotes: \"{right}\""),
        (Type::List, Type::Text(_)) => format!("write `{right} in {left}`"),
        (Type::Text(_), Type::List) => format!("write `{left} in {right}`"),
        (Type::List, _) | (_, Type::List) => "ask a list with `in`, `exists`, `all` or `size`".to_owned(),
        _ => "compare values of the same kind".to_owned(),
    }
}

/// The node for a comparison; specialised where a slot stands against a constant.
fn lower(left: Node, op: Op, right: Node) -> Node {
    match (&left, &right) {
        (Node::Const(_), other) if constant(other).is_none() => return lower(right, op.mirrored(), left),
        (Node::Slot(slot), Node::Const(Value::Num(than))) => return Node::SlotNum { slot: *slot, op, than: *than },
        (Node::Slot(slot), Node::Const(Value::Text(text))) if op.is_equality() => {
            return Node::SlotText { slot: *slot, equal: op == Op::Eq, text: text.clone() };
        }
        _ => {}
    }
    let pace = pace(&left).plus(pace(&right), -1);
    Node::Compare(Box::new(Compare { left, op, right, pace }))
}

fn fold(left: Node, sign: Sign, right: Node) -> Node {
    use Value::{Duration, Num};
    match (constant(&left), constant(&right)) {
        (Some(a @ (Num(_) | Duration(_))), Some(b @ (Num(_) | Duration(_)))) => {
            Node::Const(values::arith(a, sign, b, &TimeZone::UTC))
        }
        _ => Node::Arith(Box::new((left, sign, right))),
    }
}

/// The type of `a SIGN b`, if they fit.
fn result(a: &Type, sign: Sign, b: &Type) -> Option<Type> {
    use Sign::*;
    use Type::{Any, Date, Duration, Instant, Money, Num, Text};
    Some(match (a, sign, b) {
        (Any, _, Instant | Date) if sign == Sub => Duration,
        (Any, Add, Instant | Date) | (Instant | Date, Add, Any) => Instant,
        (Any, _, Any) => Any,
        (Any, _, Num | Money | Duration | Text(_)) | (Num | Money | Duration | Text(_), _, Any) => Any,
        (Instant | Date, Sub, Any) => Any,
        (Num, _, Num) => Num,
        (Money, Div, Money) => Num,
        (Money, Add | Sub, Money | Num) | (Num, Add | Sub | Mul, Money) | (Money, Mul | Div, Num) => Money,
        (Duration, Add | Sub, Duration) | (Duration, Mul | Div, Num) | (Num, Mul, Duration) => Duration,
        (Duration, Div, Duration) => Num,
        (Instant | Date, Add | Sub, Duration) | (Duration, Add, Instant | Date) => Instant,
        (Instant | Date, Sub, Instant | Date) => Duration,
        (Text(_), Add, Text(_)) => Text(None),
        _ => return None,
    })
}

fn arith_help(a: &Type, sign: Sign, b: &Type) -> String {
    use Type::*;
    match (a, sign, b) {
        (Instant | Date, Sign::Add | Sign::Sub, Num) => "add a length: duration(\"2d\")".to_owned(),
        (Num, Sign::Add, Instant | Date) => "add a length: duration(\"2d\")".to_owned(),
        (Text(_), Sign::Add, _) | (_, Sign::Add, Text(_)) => "join texts in the template, not here".to_owned(),
        _ => format!("`{sign}` needs numbers, money or times that fit together"),
    }
}
