//! `away` and `back`: a colleague's absence, told by themselves or by an admin.

use jiff::civil::Date;

use super::{act, desk::Asker, reply::Reply, roles::Role, tasks};
use crate::{
    app::shell::Shell,
    model::{
        instant::{date_of, day_number},
        locale::Locale,
        world::{Away, StandIn, World},
    },
    store::api::Result,
    words::{absence as say, sentence},
};

/// `away until DATE deputy NAME [--for PERSON]`.
pub async fn away(shell: &Shell, who: &Asker, person: Option<&str>, until: &str, deputy: &str) -> Result<Reply> {
    let (locale, world, today) = (who.locale, shell.world(), today(shell));
    let person = match whose(shell, who, person) {
        Ok(person) => person,
        Err(refusal) => return Ok(*refusal),
    };
    let Some(deputy) = tasks::person(&world, deputy) else { return Ok(nobody(&world, who, deputy)) };
    if deputy == person {
        return Ok(Reply::refusal(locale, say::own_deputy(locale)));
    }
    let day = match last_day(until, date_of(today)) {
        Some(day) if day_number(day) >= today => day,
        Some(day) => return Ok(Reply::refusal(locale, say::is_over(locale, &day.to_string()))),
        None => return Ok(Reply::refusal(locale, say::no_day(locale, until))),
    };
    let absence = Away { until: day_number(day), deputy: deputy.clone() };
    shell.change_world(|world| world.tell_away(&person, Some(absence.clone()), today)).await?;
    act::audit(shell, who, "away", &format!("{person} → {deputy}, {day}")).await?;
    let world = shell.world();
    let mut reply =
        Reply::new(locale, say::set(locale, &named(&world, &person, locale), &named(&world, &deputy, locale), day));
    let of = |key: &str| world.away.get(key).map(|away| date_of(away.until).to_string()).unwrap_or_default();
    reply = match world.deputy_away(&person, today) {
        None => reply,
        Some(StandIn::Nobody) => reply.line(say::nobody_acts(locale, &named(&world, &deputy, locale), &of(&deputy))),
        Some(StandIn::Another(acting)) => reply.line(say::another_acts(
            locale,
            &named(&world, &deputy, locale),
            &of(&deputy),
            &named(&world, acting, locale),
        )),
    };
    // Those who count on the one that goes.
    let left = world.away.iter().filter(|(absent, away)| away.deputy == person && **absent != deputy);
    let left = left.filter(|(absent, _)| world.deputy_away(absent, today).is_some());
    Ok(left.fold(reply, |reply, (absent, _)| {
        let acting = world.on_duty(absent, today);
        let acting = Some(acting).filter(|acting| acting != absent).map(|acting| named(&world, acting, locale));
        reply.line(say::was_deputy(locale, &named(&world, absent, locale), acting.as_deref()))
    }))
}

/// `back [--for PERSON]`.
pub async fn back(shell: &Shell, who: &Asker, person: Option<&str>) -> Result<Reply> {
    let (locale, today) = (who.locale, today(shell));
    let person = match whose(shell, who, person) {
        Ok(person) => person,
        Err(refusal) => return Ok(*refusal),
    };
    let world = shell.refresh_world().await?;
    let name = named(&world, &person, locale);
    if world.away.get(&person).is_none_or(|away| away.until < today) {
        return Ok(Reply::refusal(locale, say::not_away(locale, &name)));
    }
    shell.change_world(|world| world.tell_away(&person, None, today)).await?;
    act::audit(shell, who, "back", &person).await?;
    Ok(Reply::new(locale, say::is_back(locale, &name)))
}

fn today(shell: &Shell) -> i32 {
    shell.clock.now().day(&shell.rulebook().model.workspace.zone)
}

fn named(world: &World, key: &str, locale: Locale) -> String {
    world.called(key, locale).to_owned()
}

/// Whose absence it is: the asker's own, or by an admin's word a colleague's.
fn whose(shell: &Shell, who: &Asker, person: Option<&str>) -> std::result::Result<String, Box<Reply>> {
    let (world, me) = (shell.world(), act::key_of(shell, who));
    let key = match person {
        None => Some(me.clone()).filter(|key| world.people.contains_key(key)),
        Some(typed) => tasks::person(&world, typed),
    };
    match (key, person) {
        (Some(key), _) if key == me || who.role >= Role::Admin => Ok(key),
        (Some(_), _) => Err(Box::new(Reply::refusal(who.locale, say::admins_only(who.locale)))),
        (None, Some(typed)) => Err(Box::new(nobody(&world, who, typed))),
        (None, None) => Err(Box::new(Reply::refusal(who.locale, say::say_whose(who.locale)))),
    }
}

fn nobody(world: &World, who: &Asker, typed: &str) -> Reply {
    let names: Vec<&str> = world.people.keys().map(String::as_str).collect();
    Reply::refusal(who.locale, sentence::no_person(who.locale, typed, &names.join(", ")))
}

/// `2026-12-05`, `2026/12/5`, or `12/5`: the next such day.
fn last_day(typed: &str, today: Date) -> Option<Date> {
    let numbers: Vec<i16> = typed.split(['-', '/']).map(|n| n.parse().ok()).collect::<Option<_>>()?;
    let date = |year, month: i16, day: i16| Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok();
    match numbers[..] {
        [year, month, day] if year >= 2_000 => date(year, month, day),
        [month, day] if typed.contains('/') => {
            let this = date(today.year(), month, day);
            this.filter(|day| *day >= today).or_else(|| date(today.year() + 1, month, day))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_last_day_is_a_date_or_the_next_such_day() {
        let read = |typed| last_day(typed, date(2026, 11, 24));
        assert_eq!([read("2026-12-05"), read("2026/12/5"), read("12/5")], [Some(date(2026, 12, 5)); 3]);
        assert_eq!([read("11/24"), read("11/23")], [Some(date(2026, 11, 24)), Some(date(2027, 11, 23))]);
        assert_eq!([read("Friday"), read("12-5"), read("2026-13-01"), read("14d"), read("")], [None; 5]);
    }
}
