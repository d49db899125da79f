//! The render child against hostile templates: the parent always lives and always gets an answer.

use std::{path::PathBuf, time::Duration};

use shirube::{
    app::render::Renderer,
    model::{locale::Locale, value::Props},
    rulebook::template::{Job, Kind, RenderContext, RenderError, Rendered, Target},
};

fn renderer() -> Renderer {
    Renderer::child_within(PathBuf::from(env!("CARGO_BIN_EXE_shirube")), Duration::from_secs(60))
}

fn job(body: &str) -> Job {
    Job {
        file: "templates/t/x.ja.md".into(),
        body_line: 1,
        subject: String::new(),
        preheader: String::new(),
        body: body.into(),
        reads: Vec::new(),
        vars: Props::new(),
        context: RenderContext::sample(Locale::Ja),
        kind: Kind::Chat(Target::Slack),
    }
}

async fn text(renderer: &Renderer, body: &str) -> Result<String, RenderError> {
    renderer.render(&job(body)).await.map(|r| match r {
        Rendered::Chat(chat) => chat.text,
        Rendered::Mail(mail) => mail.text,
    })
}

fn doublings(times: usize) -> String {
    format!("{{% set s = \"xxxxxxxxxxxxxxxx\" %}}{}{{{{ s | length }}}}", "{% set s = s ~ s %}".repeat(times))
}

#[tokio::test]
async fn forty_doublings_of_a_string_end_the_job_and_not_the_daemon() {
    let renderer = renderer();
    assert_eq!(text(&renderer, "{{ 6 * 7 }}").await.unwrap(), "42");
    assert_eq!(text(&renderer, &doublings(10)).await.unwrap(), (16 << 10).to_string());
    let got = text(&renderer, &doublings(40)).await.unwrap_err();
    assert!(matches!(got, RenderError::Stopped { .. }), "{got}");
    assert_eq!(text(&renderer, "{{ 6 * 7 }}").await.unwrap(), "42", "the next job gets a new child");
}

#[tokio::test]
async fn the_child_gives_the_same_answers_as_this_process() {
    let (child, here) = (renderer(), Renderer::in_process());
    for body in ["**太** [l](https://a.test/)", "{{ nothing }}", "{{ 1 | nofilter }}", "{% for", "{{ link(\"x\") }}"] {
        assert_eq!(child.render(&job(body)).await, here.render(&job(body)).await, "{body}");
    }
}

#[tokio::test]
async fn a_program_that_is_no_renderer_is_an_error_of_the_job() {
    let renderer = Renderer::child(PathBuf::from("no-such-program"));
    let got = text(&renderer, "x").await.unwrap_err();
    assert!(got.to_string().contains("does not start"), "{got}");
}

#[tokio::test]
async fn a_silent_child_runs_into_the_time_limit() {
    let renderer = Renderer::child_within(PathBuf::from(env!("CARGO_BIN_EXE_shirube")), Duration::ZERO);
    let got = text(&renderer, "x").await.unwrap_err();
    assert!(got.to_string().contains("longer than"), "{got}");
}
