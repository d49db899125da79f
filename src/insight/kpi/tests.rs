use super::{customer::Feature, *};
use crate::{
    insight::{
        book::{Contract, Own},
        ledger::{Line, tables},
        view::AccountView,
    },
    model::{
        ids::{AccountId, ContactId},
        instant::Instant,
        money::{Currency, Money},
        state::Attr,
        value::{Props, Value},
    },
};
use jiff::tz::TimeZone;

struct Case {
    views: Vec<AccountView>,
    contracts: Vec<Contract>,
    required: Vec<String>,
    said: Vec<Fact>,
    met: BTreeSet<AccountId>,
    before: Vec<Fact>,
    counts: BTreeMap<String, u64>,
    costs: Costs,
}

impl Case {
    fn of(views: Vec<AccountView>) -> Case {
        let required = vec!["done".to_owned()];
        Case {
            views,
            contracts: Vec::new(),
            required,
            said: Vec::new(),
            met: BTreeSet::new(),
            before: Vec::new(),
            counts: BTreeMap::new(),
            costs: Costs::default(),
        }
    }

    fn report(&self, from: i32, to: i32) -> KpiReport {
        let zone = TimeZone::UTC;
        let asked = Asked {
            required: self.required.clone(),
            first_value: Some("value".to_owned()),
            features: vec![Feature { metric: "exports".to_owned(), days: Some(28) }],
            today: to,
        };
        let customers: Vec<Customer> = self.views.iter().map(|view| asked.of(view, &zone)).collect();
        let book = Book::of(self.views.iter().filter_map(|view| Own::of(view, &zone)), &self.contracts);
        let input = Input {
            customers: &customers,
            asked: &asked,
            book: &book,
            references: &Default::default(),
            targets: &BTreeMap::from([("logo_churn".to_owned(), 0.03)]),
            said: &self.said,
            met: &self.met,
            before: &self.before,
            end: Instant::start_of_day(to, &zone),
            costs: self.costs,
            currency: Currency::JPY,
            counts: &self.counts,
        };
        report(&input, from, to)
    }
}

fn account(id: i64, start: i32, churned: Option<i32>, reached: Option<i32>) -> AccountView {
    let zone = TimeZone::UTC;
    let mut view = AccountView { id: AccountId(id), ..AccountView::default() };
    view.values.insert("account.contract_start".into(), Value::Date(start));
    if let Some(day) = churned {
        let as_of = Instant::start_of_day(day, &zone);
        let attr = Attr { value: Value::text("churned"), as_of, source: String::new() };
        view.state.attrs.insert("status".into(), attr);
    }
    for name in ["done", "value"] {
        if let Some(day) = reached {
            view.state.milestones.insert(name.into(), Instant::start_of_day(day, &zone));
        }
    }
    view
}

#[test]
fn churn_counts_those_active_at_opening_and_not_at_closing() {
    // Opening 3 (one starts inside, one left before); one of the three leaves inside.
    let views = vec![
        account(1, 1, None, None),
        account(2, 1, Some(105), None),
        account(3, 1, None, None),
        account(4, 103, Some(104), None),
        account(5, 1, Some(90), None),
    ];
    let report = Case::of(views).report(100, 130);
    let churn = &report.kpis["logo_churn"];
    assert_eq!((churn.numerator, churn.denominator, churn.target), (1, 3, Some(0.03)));
    assert_eq!(report.mrr_movements, None, "no revenue is known");
}

#[test]
fn onboarding_counts_the_cohort_whose_thirtieth_day_lies_in_the_period() {
    let views = vec![
        account(1, 80, None, Some(110)),
        account(2, 80, None, Some(111)),
        account(3, 80, None, None),
        account(4, 120, None, Some(121)),
    ];
    let rate = Case::of(views).report(100, 130).kpis["onboarding_completion"].clone();
    assert_eq!((rate.numerator, rate.denominator), (1, 3));
}

#[test]
fn time_to_first_value_knows_who_left_before_it() {
    // Of five, two reach it after 10 and 20 days, one leaves after 5, two are still on the way after 29.
    let views = vec![
        account(1, 100, None, Some(110)),
        account(2, 100, None, Some(120)),
        account(3, 100, Some(105), None),
        account(4, 100, None, None),
        account(5, 100, None, Some(140)),
    ];
    let rate = Case::of(views.clone()).report(100, 130).kpis["ttfv_median_days"].clone();
    assert_eq!((rate.value, rate.numerator, rate.denominator), (None, 2, 5), "40 % by then: no median yet");
    let later = Case::of(views).report(100, 160).kpis["ttfv_median_days"].clone();
    assert_eq!((later.value, later.unit), (Some(40.0), Unit::Days), "three of five after 40 days");
}

#[test]
fn revenue_of_a_month_is_the_ledgers() {
    let (accounts, from, to) = tables::april();
    let mut case = Case::of(Vec::new());
    for (id, account) in (1..).zip(&accounts) {
        case.views.push(AccountView { id: AccountId(id), ..AccountView::default() });
        let contract = |line: &Line| Contract { account: AccountId(id), line: *line, currency: Currency::JPY };
        case.contracts.extend(account.lines.iter().map(contract));
    }
    let report = case.report(from, to);
    let value = |name: &str| report.kpis[name].value.unwrap();
    let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
    near(value("nrr"), 64.0 / 77.0);
    near(value("grr"), 54.0 / 77.0);
    near(value("arpa"), 10_875.0);
    near(value("expansion_mrr"), 20_000.0);
    near(value("upsell_rate"), 1.0 / 6.0);
    // ARPA over a month of 365/12 days: 1 − (5/6)^((365/12)/30).
    near(value("ltv"), 10_875.0 / 0.168_774_200_349_532);
    assert_eq!(report.mrr_movements.map(|m| (m.opening, m.closing)), Some((77_000, 87_000)));
    assert_eq!(report.currency.as_deref(), Some("JPY"));
}

#[test]
fn nobody_lost_is_no_lifetime_but_a_lower_bound() {
    let mut one = account(1, 0, None, None);
    one.values.insert("account.mrr".into(), Value::Money(Money { amount_minor: 9_000, currency: Currency::JPY }));
    let rate = Case::of(vec![one]).report(100, 130).kpis["ltv"].clone();
    assert_eq!(rate.value, None);
    let [low, high] = rate.ci95.unwrap();
    assert!(low.is_some_and(|low| low > 9_000.0) && high.is_none(), "{low:?} {high:?}");
}

fn said(seq: i64, contact: i64, name: &str, props: Props) -> Fact {
    let at = Instant(seq);
    Fact {
        seq,
        account: AccountId(1),
        contact: (contact > 0).then_some(ContactId(contact)),
        occurred_at: at,
        received_at: at,
        source: String::new(),
        event_id: seq.to_string(),
        body: FactBody::Event { name: name.to_owned(), props },
    }
}

#[test]
fn the_last_answer_of_each_contact_counts_and_meetings_count_accounts() {
    let nps = |seq, contact, score: f64| {
        let props = Props::from([("kind".to_owned(), Value::text("nps")), ("score".to_owned(), Value::Num(score))]);
        said(seq, contact, "survey.responded", props)
    };
    let mut case = Case::of(vec![account(1, 0, None, None), account(2, 0, None, None)]);
    case.said = vec![nps(1, 1, 2.0), nps(2, 1, 10.0), nps(3, 2, 9.0), nps(4, 3, 3.0)];
    case.met = [AccountId(1)].into();
    case.counts = BTreeMap::from([("meeting.held".to_owned(), 2), ("login".to_owned(), 7)]);
    let report = case.report(100, 130);
    let nps = &report.kpis["nps"];
    assert!((nps.value.unwrap() - 100.0 / 3.0).abs() < 1e-9, "two promoters and a detractor of three");
    assert_eq!((nps.numerator, nps.denominator), (1, 3));
    assert_eq!((report.kpis["meeting_rate"].numerator, report.kpis["meeting_rate"].denominator), (1, 2));
    assert_eq!((report.kais["meetings_held"], report.kais.contains_key("login")), (2, false));
}

#[test]
fn adoption_asks_only_where_use_is_known() {
    let with = |id, uses: Option<f64>| {
        let mut view = account(id, 0, None, None);
        view.values.extend(uses.map(|n| ("metric.exports", Value::Num(n))));
        view
    };
    let report = Case::of(vec![with(1, Some(3.0)), with(2, Some(0.0)), with(3, None)]).report(100, 130);
    let rate = &report.kpis["feature_adoption.exports"];
    assert_eq!((rate.numerator, rate.denominator), (1, 2));
}

#[test]
fn what_is_known_of_nobody_is_no_zero() {
    let mut case = Case::of(vec![account(1, 0, None, None), account(2, 0, None, None)]);
    for name in ["active_user_rate", "health_green_share", "meeting_rate"] {
        assert_eq!(case.report(100, 130).kpis[name].value, None, "{name}");
    }
    case.views[0].values.insert("metric.logins_7d".into(), Value::Num(0.0));
    let rate = case.report(100, 130).kpis["active_user_rate"].clone();
    assert_eq!((rate.value, rate.denominator), (Some(0.0), 2));
}

/// Customers of before the first import had reached everything "on the day of the import": their time to value was the
/// age they had then.
#[test]
fn who_was_heard_of_long_after_the_start_says_nothing_about_durations() {
    let seen = |id, start: i32, day: i32| {
        let mut view = account(id, start, None, Some(day));
        view.state.first_seen = Instant::start_of_day(day, &TimeZone::UTC);
        view
    };
    let old = [seen(1, 0, 120), seen(2, 10, 120), seen(3, 20, 120)];
    let new = [seen(4, 100, 103), seen(5, 100, 105)];
    let report = Case::of([&old[..], &new[..]].concat()).report(100, 140);
    let (setup, completion) = (&report.kpis["ttfv_median_days"], &report.kpis["onboarding_completion"]);
    assert_eq!((setup.value, setup.denominator), (Some(3.0), 2));
    assert_eq!((completion.numerator, completion.denominator), (2, 2));
}

/// `survey.responded` of a contact of account 1.
fn answer(seq: i64, contact: i64, kind: &str, score: Value, survey: &str) -> Fact {
    let mut props = Props::from([("kind".to_owned(), Value::text(kind)), ("score".to_owned(), score)]);
    if !survey.is_empty() {
        props.insert("survey".to_owned(), Value::text(survey));
    }
    said(seq, contact, "survey.responded", props)
}

#[test]
fn an_answer_off_the_scale_takes_no_earlier_ones_place() {
    let mut case = Case::of(vec![account(1, 0, None, None)]);
    case.said = vec![answer(1, 1, "nps", Value::Num(9.0), "")];
    let wrong = [Value::Num(11.0), Value::Num(-1.0), Value::Num(9.5), Value::text(""), Value::Missing];
    case.said.extend(wrong.into_iter().zip(2..).map(|(score, seq)| answer(seq, 1, "nps", score, "")));
    let report = case.report(100, 130);
    assert_eq!((report.kpis["nps"].value, report.kpis["nps"].denominator), (Some(100.0), 1));
    assert_eq!(report.kais["survey_answers"], 1);
}

#[test]
fn each_kind_has_its_own_scale_and_few_answers_are_said_to_be_few() {
    let mut case = Case::of(vec![account(1, 0, None, None)]);
    case.said = vec![
        answer(1, 1, "csat", Value::Num(5.0), ""),
        answer(2, 2, "csat", Value::Num(3.0), ""),
        answer(3, 1, "ces", Value::Num(7.0), ""),
        answer(4, 2, "ces", Value::Num(2.0), ""),
    ];
    case.said.extend((5..35).map(|n| answer(n, n, "nps", Value::Num(10.0), "")));
    let report = case.report(100, 130);
    let figure = |name: &str| (report.kpis[name].value, report.kpis[name].denominator, report.kpis[name].warning);
    let few = Some(voices::FEW);
    assert_eq!(figure("csat"), (Some(0.5), 2, few));
    assert_eq!(figure("csat_mean"), (Some(4.0), 2, few));
    assert_eq!(figure("ces"), (Some(4.5), 2, few));
    assert_eq!((figure("ces_easy"), figure("ces_net")), ((Some(0.5), 2, few), (Some(0.0), 2, few)));
    assert_eq!(figure("nps"), (Some(100.0), 30, None), "thirty are enough");
    assert_eq!(figure("nps_change"), (None, 0, None), "nothing to compare with");
}

#[test]
fn the_response_rate_counts_surveys_and_a_correction_is_one_answer() {
    let asked = |seq, contact, kind: &str, survey: &str| {
        let props = Props::from([("kind".to_owned(), Value::text(kind)), ("survey".to_owned(), Value::text(survey))]);
        said(seq, contact, "survey.asked", props)
    };
    let mut case = Case::of(vec![account(1, 0, None, None)]);
    // Two people, one reminded; the second mail of a survey asks nothing new.
    case.said =
        vec![asked(1, 1, "nps", "a"), asked(2, 1, "nps", "a"), asked(3, 2, "nps", "b"), asked(4, 2, "csat", "c")];
    case.said.extend([answer(5, 1, "nps", Value::Num(3.0), "a"), answer(6, 1, "nps", Value::Num(9.0), "a")]);
    // From a form elsewhere: an answer, but to no question of ours.
    case.said.push(answer(7, 3, "nps", Value::Num(8.0), ""));
    case.before = vec![answer(1, 1, "nps", Value::Num(0.0), "z")];
    let report = case.report(100, 130);
    let share = |name: &str| (report.kpis[name].numerator, report.kpis[name].denominator);
    assert_eq!((share("nps_response"), share("csat_response"), share("ces_response")), ((1, 2), (0, 1), (0, 0)));
    assert_eq!((report.kpis["nps"].value, report.kais["survey_answers"]), (Some(50.0), 2));
    assert_eq!(report.kpis["nps_change"].value, Some(150.0), "from −100 to 50");
}

#[test]
fn our_own_test_accounts_answer_no_survey() {
    let mut ours = account(1, 0, None, None);
    ours.values.insert("account.internal".into(), Value::Bool(true));
    let mut case = Case::of(vec![ours]);
    case.said = vec![answer(1, 1, "nps", Value::Num(10.0), "")];
    let report = case.report(100, 130);
    assert_eq!((report.kpis["nps"].value, report.kais["survey_answers"]), (None, 0));
}

/// Twelve tickets whose Kaplan–Meier median lifelines 0.30.3 gives as 7, its interval as 2 to nothing known (table of
/// `median_interval` in survival.rs): the open ones were opened so long before the end.
#[test]
fn a_ticket_that_is_still_open_is_no_quick_one() {
    let zone = TimeZone::UTC;
    let (begin, end) = (Instant::start_of_day(101, &zone), Instant::start_of_day(130, &zone));
    let hour = 3_600_000_000;
    let ticket = |seq: i64, name: &str, at: Instant, id: i64| {
        let props = Props::from([("ticket_id".to_owned(), Value::text(format!("t{id}")))]);
        Fact { occurred_at: at, ..said(seq, 1, name, props) }
    };
    let hours = [1, 2, 2, 3, 4, 5, 5, 7, 8, 9, 10, 12];
    let closed = [1, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 0];
    let mut case = Case::of(vec![account(1, 0, None, None), account(2, 0, None, None), account(3, 0, Some(90), None)]);
    for (id, (hours, closed)) in (0..).zip(hours.into_iter().zip(closed)) {
        let opened = if closed == 1 { begin } else { end.plus(-hours * hour) };
        case.said.push(ticket(2 * id, "ticket.opened", opened, id));
        if closed == 1 {
            case.said.push(ticket(2 * id + 1, "ticket.closed", opened.plus(hours * hour), id));
        }
    }
    // Closed in the period and opened before it: of another period.
    case.said.push(ticket(90, "ticket.closed", begin, 90));
    let rated = [("kind", Value::text("csat")), ("score", Value::Num(5.0)), ("ticket_id", Value::text("t1"))];
    case.said.push(said(91, 1, "survey.responded", rated.map(|(name, value)| (name.to_owned(), value)).into()));
    case.said.push(answer(92, 2, "csat", Value::Num(1.0), ""));
    let report = case.report(100, 130);
    let solved = &report.kpis["resolution_hours"];
    assert_eq!((solved.value, solved.ci95), (Some(7.0), Some([Some(2.0), None])), "{solved:?}");
    assert_eq!((solved.numerator, solved.denominator), (7, 12));
    let tickets = &report.kpis["tickets_per_account"];
    assert_eq!((tickets.value, tickets.numerator, tickets.denominator), (Some(6.0), 12, 2), "{tickets:?}");
    assert_eq!((report.kpis["csat_tickets"].value, report.kpis["csat"].value), (Some(1.0), Some(0.5)));
    assert_eq!(Case::of(vec![account(1, 0, None, None)]).report(100, 130).kpis["tickets_per_account"].value, None);
}
