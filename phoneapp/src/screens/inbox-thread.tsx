import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { MessageEntry, MessageFile, MessageNotice, MessageThread } from "../core/contract";
import { useApp, useCore } from "../ui/app-context";
import { Button } from "../ui/button";
import { Icon } from "../ui/icon";
import { Screen } from "../ui/screen";
import { Banner } from "../ui/surfaces";
import { Opened } from "./inbox-open";
import { InboxOffline, LockBar, StatusChip, Subject } from "./inbox-list";
import { EntryText } from "./inbox-text";
import { messageKinds, useBox, useInboxTask } from "./inbox-way";
import { useAgain } from "./offline";
import { Statement, type Line } from "./statement";
import { Working } from "./working";

/** One message with all that was added to it, behind PIN or biometric. */
export function MessageScreen({ keyId, id }: { keyId: string; id: string }): JSX.Element {
  return <Opened keyId={keyId}>{() => <Thread keyId={keyId} reference={id} />}</Opened>;
}

/** The message with this reference as far as it was read, and reads it. */
export function useThread(keyId: string, reference: string, language: string): { readonly thread: MessageThread | undefined; readonly busy: boolean; readonly run: (task: () => Promise<void>) => void } {
  const { core } = useApp();
  const box = useBox(keyId);
  const online = useCore(["online"], (c) => c.online);
  const [busy, run] = useInboxTask();
  const read = box?.thread?.message.reference === reference ? box.thread : undefined;
  const ask = (): void => run(() => core.inbox.read(reference, language));
  useEffect(ask, [language]);
  useAgain(!online && read === undefined, ask);
  return { thread: read, busy, run };
}

function Thread({ keyId, reference }: { keyId: string; reference: string }): JSX.Element {
  const { texts, core, nav, say } = useApp();
  const [language, choose] = useState(texts.language);
  const { thread, busy, run } = useThread(keyId, reference, language);
  if (thread === undefined) {
    return (
      <Screen bar={<LockBar title={reference} />} title={texts.t("box.title")}>
        <InboxOffline />
        <Working busy={busy} text={texts.t("box.working")} />
      </Screen>
    );
  }
  const { message, notice, entries, canReply, more } = thread;
  const ticket = message.kind === "ticket";
  const closed = message.status === "closed";
  const move = (status: "closed" | "open"): void =>
    run(async () => {
      await core.inbox.setStatus(reference, status);
      say(texts.t(status === "open" ? (ticket ? "box.reopened" : "box.taken_back") : ticket ? "box.closed" : "box.put_away"));
    });
  return (
    <Screen
      bar={<LockBar title={reference} />} title={<Subject message={message} />} name={texts.t("box.title")}
      actions={
        <>
          {canReply && <Button id="reply" onClick={() => nav.go({ screen: "message-reply", keyId, id: reference })}>{texts.t("box.reply")}</Button>}
          {closed
            ? <Button id="reopen" kind="plain" busy={busy} onClick={() => move("open")}>{texts.t(ticket ? "box.reopen" : "box.take_back")}</Button>
            : <Button id="close" kind={ticket ? "text" : "plain"} busy={busy} onClick={() => move("closed")}>{texts.t(ticket ? "box.close" : "box.put_away.do")}</Button>}
        </>
      }
    >
      <p class="inbox-about">
        <span>{texts.t(messageKinds[message.kind].name)}</span>
        {(ticket || closed) && <StatusChip status={message.status} />}
      </p>
      <InboxOffline />
      {message.damaged && <Banner kind="look" icon="warning">{texts.t("box.damaged")}</Banner>}
      {notice !== undefined && <Notice notice={notice} />}
      <Languages languages={thread.languages} chosen={language} onChoose={choose} />
      <div class="entries">{entries.map((entry) => <Entry key={entry.number} entry={entry} announced={message.kind === "announcement"} />)}</div>
      {more && <div class="screen-block"><Button id="more" kind="plain" busy={busy} onClick={() => run(() => core.inbox.readOn())}>{texts.t("box.more.entries")}</Button></div>}
      <Working busy={busy} text={texts.t("box.working")} />
    </Screen>
  );
}

/** What happened, from where, and what to do if it was somebody else. */
function Notice({ notice }: { notice: MessageNotice }): JSX.Element {
  const { texts, now } = useApp();
  const from = notice.place ?? notice.from;
  const lines: Line[] = [
    { icon: "clock", name: texts.t("box.notice.when"), value: texts.moment(notice.at, now()) },
    ...(notice.phone === undefined ? [] : [{ icon: "phone" as const, name: texts.t("box.notice.phone"), value: <bdi>{notice.phone}</bdi> }]),
    ...(from === undefined ? [] : [{ icon: "pin" as const, name: texts.t("approval.from"), value: from, ...(from === notice.from || notice.from === undefined ? {} : { second: notice.from }) }]),
    ...(notice.with === undefined ? [] : [{ icon: "window" as const, name: texts.t("approval.with"), value: notice.with }]),
  ];
  return (
    <>
      <p class="screen-block inbox-happened">{notice.happened}</p>
      <Statement lines={lines} />
      <Banner kind="look" icon="warning" title={notice.next}>{texts.t("box.notice.portal")}</Banner>
    </>
  );
}

/** The languages that an announcement is written in, each by its own name. */
function Languages({ languages, chosen, onChoose }: { languages: readonly string[]; chosen: string; onChoose: (language: string) => void }): JSX.Element | null {
  const { texts } = useApp();
  if (languages.length < 2) return null;
  return (
    <div class="inbox-languages" role="group" aria-label={texts.t("box.languages")}>
      {languages.map((tag) => (
        <button key={tag} type="button" class="button button-text" lang={tag} id={`language-${tag}`} aria-pressed={tag === chosen} onClick={() => onChoose(tag)}>
          {new Intl.DisplayNames([tag], { type: "language" }).of(tag) ?? tag}
        </button>
      ))}
    </div>
  );
}

/** What one side added, who and when. */
function Entry({ entry, announced }: { entry: MessageEntry; announced: boolean }): JSX.Element {
  const { texts, server, now } = useApp();
  const own = entry.author === "user";
  const who = announced || server === undefined ? (server?.operator ?? texts.t("box.desk")) : texts.t("box.desk_of", { Operator: server.operator });
  return (
    <article class={own ? "entry entry-own" : "entry"} data-author={entry.author}>
      <header class="entry-head">
        <h2 class="part-title"><bdi>{own ? texts.t("box.you") : who}</bdi></h2>
        <span class="second note">{texts.moment(entry.at, now())}</span>
        {entry.signed && <span class="entry-signed note"><Icon name="shield-check" size={16} />{texts.t("box.signed")}</span>}
      </header>
      <EntryText entry={entry} />
      {entry.files.length > 0 && <Files files={entry.files} />}
    </article>
  );
}

/** Files are named here and kept in the portal. */
function Files({ files }: { files: readonly MessageFile[] }): JSX.Element {
  const { texts } = useApp();
  return (
    <div class="entry-files">
      <p class="second small">{texts.t("box.files", { Count: files.length })}</p>
      <ul>
        {files.map((file, i) => (
          <li key={i}><bdi>{file.name}</bdi> <span class="second note">{texts.t("box.file.size", { Size: texts.tenths(megabytes(file.size)) })}</span></li>
        ))}
      </ul>
    </div>
  );
}

/** Never nothing: a small file has a tenth. */
function megabytes(bytes: number): number {
  return Math.max(0.1, bytes / (1024 * 1024));
}
