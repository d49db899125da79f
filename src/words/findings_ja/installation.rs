//! `shirube.yaml`: mail, chat, systems and tables.

use super::Sentence;

pub(super) const SENTENCES: &[Sentence] = &[
    // What is missing, and why it is needed.
    ("mail leaves by SMTP", "SMTP で送るときに必要です"),
    ("DKIM needs domain, selector and key", "DKIM には domain、selector、key が必要です"),
    (
        "a mailbox needs server, user and password (or oauth)",
        "メールボックスには server、user、password（または oauth）が必要です",
    ),
    (
        "a token needs token_url, client_id and client_secret (or refresh_token)",
        "トークンには token_url、client_id、client_secret（または refresh_token）が必要です",
    ),
    ("only your own topic is believed", "自社のトピックからの通知だけを受け付けます"),
    ("unsigned events are refused", "署名のない通知は受け付けません"),
    ("unsigned data is refused", "署名のないデータは受け付けません"),
    ("a role needs somebody who stands in", "その役割を代わりに担う人が必要です"),
    ("a webhook needs an address", "送り先のアドレスが必要です"),
    ("what is sent is signed", "送るデータには署名が付きます"),
    ("its data must be understood", "データの読み方（対応付け）が必要です"),
    ("kind is generic", "kind が generic のときに必要です"),
    ("slack.mode is http", "slack.mode が http のときに必要です"),
    ("slack.mode is socket", "slack.mode が socket のときに必要です"),
    ("slack.mode is not off", "Slack を使うときに必要です"),
    ("discord.mode is http", "discord.mode が http のときに必要です"),
    ("discord.mode is not off", "Discord を使うときに必要です"),
    ("every customer of theirs has an address of its own", "接続先のアドレスは契約ごとに違います"),
    (
        "its token is the secret of a connected app",
        "token は接続アプリケーションの秘密で、どのアプリケーションかを user に書きます",
    ),
    (
        "its webhooks only say that there is news",
        "Webhook は更新があったことだけを伝えるので、読みに行くトークンが必要です",
    ),
    ("a database must be asked something", "データベースへの問い合わせ（SQL のファイル）が必要です"),
    // What does not fit.
    ("{}: only kinds that have an API take this", "{}：API のあるサービスだけで使えます"),
    ("remove `{}`, or write `kind: stripe`", "`{}` を消すか、`kind: stripe` のように書いてください"),
    ("{}: only PostgreSQL is asked", "{}：問い合わせられるのは PostgreSQL だけです"),
    (
        "write postgres://READER@HOST/NAME where the reference leads to",
        "参照先の値を postgres://READER@HOST/NAME の形にしてください",
    ),
    (
        "write one of url, file, folder and database; make two sources of two",
        "url・file・folder・database のどれか一つにし、二つあるなら取り込み元を二つに分けてください",
    ),
    ("{}: the password would be readable on the way", "{}：パスワードが途中で読めてしまいます"),
    ("remove `tls: none`; IMAP with TLS is at port 993", "`tls: none` を消してください。TLS の IMAP はポート993です"),
    ("{}: this transport cannot be used", "{}：この送り方は使えません"),
    // Addresses.
    (
        "{}; write an address such as https://hooks.example.com/cs",
        "{}。https://hooks.example.com/cs のように書いてください",
    ),
    ("this is no address", "URL ではありません"),
    ("user and password do not belong into an address", "URL にユーザー名とパスワードは書けません"),
    ("an address has no spaces, backslashes or letters outside ASCII", "URL に空白、逆斜線、全角文字は使えません"),
    ("host or port cannot be read", "ホスト名かポート番号が読めません"),
    ("only https leaves this machine", "外部への接続は https だけです"),
    ("this port is not for web servers", "Web サーバーのポートではありません"),
    ("an IP address has four numbers from 0 to 255", "IP アドレスは0から255の数4つです"),
    ("this address is inside a private network", "社内ネットワークのアドレスには接続できません"),
    (
        "there is a password or oauth but no user: write `smtp://user@host`",
        "password か oauth がありますが、ユーザーがありません。`smtp://user@host` と書いてください",
    ),
    (
        "the relay's user needs a password: write `password: ${env:SMTP_PASSWORD}` under email",
        "ユーザーのパスワードがありません。email に `password: ${env:SMTP_PASSWORD}` と書いてください（または oauth）",
    ),
    (
        "the password would cross the network unprotected: write tls=starttls or tls=implicit",
        "パスワードが暗号化されずに送られます。tls=starttls か tls=implicit と書いてください",
    ),
    ("{}: `{}` is no channel's id", "{}：`{}` はチャンネルの ID ではありません"),
    (
        "write the id at the foot of the channel's details in Slack: C0123456789",
        "Slack のチャンネル詳細の一番下にある ID（C0123456789 の形）を書いてください",
    ),
    (
        "copy the channel's id in Discord (developer mode): digits only, in quotes",
        "Discord の開発者モードでチャンネルの ID（数字だけ）をコピーし、引用符で囲んで書いてください",
    ),
    // What to write instead.
    ("write one of {}; did you mean `{}`?", "{} のどれかを書いてください。`{}` のことですか？"),
    ("an address needs the form name@domain", "メールアドレスは name@domain の形で書いてください"),
    (
        "write an address such as `{}`, without user and password; plain http only to 127.0.0.1",
        "`{}` のような URL を、ユーザー名とパスワードなしで書いてください。http は 127.0.0.1 だけです",
    ),
    (
        "write `file:outbox` or `{}` (tls=none, starttls, required or implicit)",
        "`file:outbox` か `{}` と書いてください（tls は none、starttls、required、implicit）",
    ),
    (
        "write `{}` or `{}` there, and replace the secret itself: it has been in a file",
        "`{}` か `{}` と書き、秘密の値は新しいものに替えてください（ファイルに書かれていたため）",
    ),
    ("write a host, as in `{}` or `{}`", "`{}` や `{}` のようにホスト名を書いてください"),
    ("write a folder's name, as in `INBOX`", "`INBOX` のようにフォルダー名を書いてください"),
    ("write a header name such as `{}`", "`{}` のようなヘッダー名を書いてください"),
    (
        "write a slash command such as `/cs`: small letters, digits, - and _",
        "`/cs` のようなコマンド名を、英小文字・数字・-・_ で書いてください",
    ),
    (
        "copy the public key from the Discord developer portal: 64 hexadecimal digits, in quotes",
        "Discord の開発者ポータルの Public Key（16進数64桁）を引用符で囲んで書いてください",
    ),
    (
        "copy the id from the Discord developer portal: digits only, in quotes",
        "Discord の開発者ポータルの ID（数字だけ）を引用符で囲んで書いてください",
    ),
    ("{}: bot_token and app_token are exchanged", "{}：bot_token と app_token が入れ替わっています"),
    ("bot_token begins with xoxb-, app_token with xapp-", "bot_token は xoxb-、app_token は xapp- で始まります"),
    ("set the complete secret as its issuer shows it", "発行元に表示されるとおり、秘密の値をすべて設定してください"),
];
