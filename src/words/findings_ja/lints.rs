//! Lints: what is legal but probably not meant.

use super::Sentence;

pub(super) const SENTENCES: &[Sentence] = &[
    (
        "`{}` goes to a channel of the customer, and nothing asks whether one is linked",
        "`{}` はお客様との共有チャンネルに送りますが、チャンネルが登録されているかをどの条件も確かめていません",
    ),
    (
        "add `{}` to `when` or `where`; the column `{}` of your sheet links it",
        "`when` か `where` に `{}` を足してください。登録は表の `{}` 列で行います",
    ),
    (
        "`pause_on: [tickets]` compares with those held out, and nobody is: it never pauses",
        "`pause_on: [tickets]` は比較対照と比べますが、比較対照がないため、止まることがありません",
    ),
    (
        "give the playbook a holdout, such as `holdout: {percent: 10}`, or take `tickets` out",
        "`holdout: {percent: 10}` のように比較対照を決めるか、`tickets` を外してください",
    ),
    (
        "`target.{}` is compared with, but `{}` has no target: this never holds",
        "`target.{}` と比べていますが、`{}` の目標値がないため、この条件は成り立ちません",
    ),
    (
        "add `{}` to `targets:` in model.yaml, or take this comparison out",
        "model.yaml の `targets:` に `{}` を足すか、この比較を消してください",
    ),
    (
        r##"for the channel write "#{}"; roles of ours are {}"##,
        r##"チャンネルなら "#{}" と書きます。自社の役割は次のとおりです：{}"##,
    ),
    ("`{}` is a share, and {} would be {} %", "`{}` は割合なので、{} では {} % になります"),
    ("write `{}: {}%` or `{}: {}`", "`{}: {}%` か `{}: {}` と書いてください"),
    (
        "`{}` is message {} to the same people at one moment; a cap in model.yaml lets {} through, so this one is skipped",
        "`{}` は同じ相手への同時の {} 通目です。model.yaml の上限は {} 通なので、これは必ず送られません",
    ),
    (
        "put a `wait` between them, make one message of them, or raise the cap",
        "間に `wait` を入れるか、一通にまとめるか、上限を上げてください",
    ),
    ("this cap lets no message through", "この上限では一通も送れません"),
    (
        "write at least `1 per …`; to stop a playbook use `shirube pause`",
        "`1 per …` 以上にしてください。止めるには `shirube pause` を使います",
    ),
    ("`{}` exits at churn by itself", "`{}` は解約時に自動で離脱します"),
    ("the exit can be left out", "この離脱の条件は書かなくてかまいません"),
    (
        "`{}` starts for churned accounts only, which never start",
        "`{}` は解約した顧客だけで始まる条件ですが、解約した顧客では始まりません",
    ),
    ("add `include_churned: true`", "`include_churned: true` を足してください"),
    (
        "`{}` sets account.{} to {} and `{}` to {}, and both can run for one customer",
        "`{}` は account.{} を {} に、`{}` は {} にします。同じ顧客で両方が動くことがあります",
    ),
    (
        r#"let one start exclude the other, e.g. `playbook.{} != "running"`, or set it in one place only"#,
        r#"片方の開始条件でもう一方を除く（例：`playbook.{} != "running"`）か、一か所だけで設定してください"#,
    ),
    (
        "`{}` writes to customers and does not say on which ground",
        "`{}` はお客様に送りますが、送る根拠が書かれていません",
    ),
    (
        "add `class: service` (part of what they pay for), `marketing` (needs consent) or `notice` (contract, payment, law) to the playbook",
        "プレイブックに `class: service`（契約したサービスの一部）、`marketing`（同意が必要）、`notice`（契約・支払い・法令）のどれかを足してください",
    ),
    ("`{}` fires again after {} min", "`{}` は {} 分ごとに実行されます"),
    (
        "the first field is the minute: `0 9 * * 1` is once, Mondays at 9:00; for something that happened use `start: {on: EVENT}`",
        "最初の欄は分です。`0 9 * * 1` なら月曜9時に一度です。イベントに応じるなら `start: {on: イベント名}` を使います",
    ),
    ("where `{}` is missing this message is not sent", "`{}` がない顧客には、このメッセージは送られません"),
    (
        r#"say what else to write: `{{ {} | default("…") }}`, or ask first: `{% if {} is defined %}`"#,
        r#"代わりの言葉を書く（`{{ {} | default("…") }}`）か、先に確かめてください（`{% if {} is defined %}`）"#,
    ),
    ("there is no metric `{}`: `{}` never has a figure", "指標 `{}` がないので、`{}` の数値はいつまでも出ません"),
    ("put a metric behind the dot: {}", "点の後ろに指標の名前を書いてください：{}"),
    ("the KPI `{}` has no goal", "KPI `{}` に目標がありません"),
    (
        "give the phase `{}` a `goal: {ja: …, en: …}`, or add `{}` to `targets:`",
        "フェーズ `{}` に `goal: {ja: …, en: …}` を書くか、`{}` を `targets:` に足してください",
    ),
    ("`{}` is service here, and marketing in `{}`", "`{}` はここでは service ですが、`{}` では marketing です"),
    (
        "`{}` is service on the topic `{}`, which is marketing in `{}`",
        "`{}` は service ですが、配信の種類 `{}` は `{}` では marketing です",
    ),
    (
        "write `class: marketing` on the step (it then needs consent), or give it a template and topic of its own",
        "ステップに `class: marketing` と書く（同意が必要になります）か、専用のテンプレートと topic に分けてください",
    ),
    ("`{}` is marketing without a topic", "`{}` は販促なのに、配信の種類（topic）がありません"),
    (
        "add `topic: NAME` to the template: people unsubscribe from topics",
        "テンプレートに `topic: 名前` を足してください。配信停止は topic ごとに行われます",
    ),
    ("the layout `{}` of this mail has no {{ footer }}", "このメールのレイアウト `{}` に {{ footer }} がありません"),
    (
        "add {{ footer }} in an mj-text: sender, postal address and the opt-out link stand in it",
        "mj-text に {{ footer }} を足してください。差出人、住所、配信停止のリンクはそこに入ります",
    ),
    ("`{}` is marketing, and nothing says who sends it", "`{}` は販促ですが、差出人の表示がありません"),
    (
        "add to shirube.yaml: company: {name: \"…\", address: \"…\"}; the law asks for both in advertising mail",
        "shirube.yaml に足してください：company: {name: \"…\", address: \"…\"}。広告メールには名称と住所の表示が法律で求められます",
    ),
    ("`{}` is marketing, and its opt-out link leads nowhere", "`{}` は販促ですが、配信停止のリンクを開けません"),
    (
        "add to shirube.yaml: http: {public_url: https://…}; readers and mail programs open it from outside",
        "shirube.yaml に足してください：http: {public_url: https://…}。読み手やメールソフトが外から開きます",
    ),
    ("`{}` sends marketing, and nothing caps it", "`{}` は販促を送りますが、送信数の上限がありません"),
    (
        "add to model.yaml: caps: [{count: email, class: marketing, at_most: 2 per 7d, per: contact}]",
        "model.yaml に足してください：caps: [{count: email, class: marketing, at_most: 2 per 7d, per: contact}]",
    ),
    ("this text has `{}` and no `{}`", "この文章には `{}` だけがあり、`{}` がありません"),
    (
        "add `{}: …` beside it; until then everybody reads the other language",
        "隣に `{}: …` を足してください。それまでは全員にもう一方の言語で届きます",
    ),
    (
        "`{}` has no goal and no exit: `{}` also goes to customers who have done what it asks",
        "`{}` には目標も離脱の条件もないので、`{}` は済ませたお客様にも届きます",
    ),
    (
        "add `goal: {when: …, within: 30d}` (what it is meant to reach), an `exit`, or an `if` on the step",
        "`goal: {when: …, within: 30d}`（目指すこと）か `exit` を足すか、ステップに `if` を付けてください",
    ),
    ("the closed days of the calendar `{}` end on {}", "カレンダー `{}` の休業日は {} で終わっています"),
    (
        r#"add this year's, or write days that return every year as "12-29/01-03""#,
        r#"今年の分を足すか、毎年の休みは "12-29/01-03" の形で書いてください"#,
    ),
    ("this date is over: the playbook never starts again", "この日付は過ぎています。プレイブックはもう始まりません"),
    ("this date is over: nobody waits for it any more", "この日付は過ぎています。もう誰も待ちません"),
    (
        "write the next date, or one that each customer has, e.g. account.renewal_date",
        "次の日付か、顧客ごとの日付（例：account.renewal_date）を書いてください",
    ),
    ("no playbook serves the phase `{}`", "フェーズ `{}` のためのプレイブックがありません"),
    (
        "write one with `phase: {}`, or fold the phase into its neighbour",
        "`phase: {}` のプレイブックを書くか、隣のフェーズにまとめてください",
    ),
    (
        "{} share the priority {}: where a cap lets one through, the name decides",
        "{} の優先度が同じ {} です。上限で一通しか送れないときは名前の順で決まります",
    ),
    ("give the more important one a higher `priority`", "大事なほうの `priority` を大きくしてください"),
    ("`{}` does not say what it is for", "`{}` に目的が書かれていません"),
    ("add `purpose:`, one sentence; reports show it", "`purpose:` を一文で足してください。報告書に載ります"),
    ("`{}` serves no phase", "`{}` がどのフェーズのためのものか書かれていません"),
    (
        "add `phase:`, so that gaps in the journey show",
        "`phase:` を足してください。プレイブックのないフェーズが分かるようになります",
    ),
    ("`{}` goes to our own team and is no marketing", "`{}` は自社向けなので、販促ではありません"),
    ("give the step `class: service`", "ステップに `class: service` を書いてください"),
    (
        r##"add `to:` to the step or the playbook: {role: [admin], first: 1}, contact, csm or "#channel""##,
        r##"ステップかプレイブックに `to:` を足してください：{role: [admin], first: 1}、contact、csm、"#チャンネル" など"##,
    ),
    ("add `webhooks: {}` to shirube.yaml", "shirube.yaml に `webhooks: {}` を足してください"),
    ("add it to `owners:` in shirube.yaml; known are {}", "shirube.yaml の `owners:` に足してください。今あるもの：{}"),
    ("attributes.contact.role has: {}", "attributes.contact.role にあるもの：{}"),
    ("no contact has the role `{}`", "役割 `{}` の先方担当者はいません"),
    ("nobody has the role `{}`", "役割 `{}` の人がいません"),
    (
        r##"send it to csm or a "#channel", or make the playbook `for: account`"##,
        r##"csm か "#チャンネル" に送るか、プレイブックを `for: account` にしてください"##,
    ),
    ("shirube.yaml has no webhook `{}`", "shirube.yaml に webhook `{}` がありません"),
    (
        "the digest `{}` is mailed, but `{}` is a channel",
        "ダイジェスト `{}` はメールで届きますが、`{}` はチャンネルです",
    ),
    ("use `slack:`, or give `escalate` a person or role", "`slack:` にするか、`escalate` を人か役割にしてください"),
    ("the e-mail `{}` goes to the channel `{}`", "メール `{}` の宛先がチャンネル `{}` です"),
    ("use `slack:`, or give it a person as `to`", "`slack:` にするか、`to` を人にしてください"),
    ("the step `{}` has no `to`", "ステップ `{}` に宛先（`to`）がありません"),
    (
        "the step `{}` writes to a customer, but a workspace playbook knows none",
        "ステップ `{}` はお客様宛てですが、ワークスペースのプレイブックにはお客様がいません",
    ),
    ("`{}` was last reviewed {} days ago", "`{}` の最後の見直しは {} 日前です"),
    (
        "look whether it still says what you mean, then set `reviewed:` to today",
        "今も意図どおりか見直し、`reviewed:` を今日の日付にしてください",
    ),
    ("nothing says what success is for a customer", "お客様にとっての成功が書かれていません"),
    (
        "begin model.yaml with `success:`, e.g. - {name: fast_closing, says: …, when: metric.closing_minutes <= 30}",
        "model.yaml の最初に `success:` を書いてください。例：- {name: fast_closing, says: …, when: metric.closing_minutes <= 30}",
    ),
    ("no milestone proves a success", "成功を示すマイルストーンがありません"),
    (
        "add `success: NAME` to the milestone that shows first value: time to first value is measured to it",
        "初めての価値を示すマイルストーンに `success: 名前` を足してください。価値実感までの時間はそこまでを測ります",
    ),
    ("the KPI `{}` has actions and no target", "KPI `{}` に行動（KAI）がありますが、目標値がありません"),
    (
        "add `{}` to `targets:`: without it nobody can tell whether the actions are enough",
        "`targets:` に `{}` を足してください。目標がないと、行動が足りているか判断できません",
    ),
    ("an action is done at least once", "行動の回数は1以上です"),
    ("write how often a month, e.g. `meetings_held: 4`", "月あたりの回数を書いてください。例：`meetings_held: 4`"),
    ("no KPI has a target", "目標値のある KPI がありません"),
    (
        "begin with two: `targets: {logo_churn: 3%, onboarding_completion: 80%}`",
        "二つから始めましょう：`targets: {logo_churn: 3%, onboarding_completion: 80%}`",
    ),
    ("{} KPI targets are many to begin with", "始めるには {} 個の目標は多すぎます"),
    (
        "keep the two or three you will look at every week; the others are computed all the same",
        "毎週見る二つか三つに絞ってください。ほかの KPI も計算はされます",
    ),
    ("the step `{}` names a template `{}` that is not there", "ステップ `{}` のテンプレート `{}` がありません"),
    ("write {} and {}", "{} と {} を書いてください"),
    ("no run ever comes to the step `{}`", "ステップ `{}` にたどり着くことはありません"),
    (
        "what stands before it always ends the run or goes elsewhere: move the step up, give that `stop` an `if`, or delete it",
        "前のステップで必ず終わるか、別の枝に進みます。上に移すか、その `stop` に `if` を付けるか、消してください",
    ),
    ("the step `{}` never happens: its `if` is always false", "ステップ `{}` は実行されません。`if` が常に false です"),
    ("change the condition, or delete the step", "条件を直すか、ステップを消してください"),
];
