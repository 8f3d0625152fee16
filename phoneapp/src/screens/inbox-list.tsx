import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Message, MessageQuery, OpenBox } from "../core/contract";
import type { PhoneKey } from "../i18n";
import { useApp, useCore } from "../ui/app-context";
import { Button } from "../ui/button";
import { Icon } from "../ui/icon";
import { NodLine } from "../ui/nod-line";
import { Bar, Screen } from "../ui/screen";
import { Banner, Chip, LinkRow } from "../ui/surfaces";
import { messageKinds, statusNames, useBox, useInboxTask } from "./inbox-way";
import { Opened } from "./inbox-open";
import { shownName } from "./names";
import { useAgain } from "./offline";
import { Working } from "./working";

/** What can be shown of a box. */
const filters = {
  all: { name: "box.show.all", of: {} },
  unread: { name: "box.show.unread", of: { unread: true } },
  ticket: { name: "box.show.ticket", of: { kind: "ticket" } },
  security: { name: "box.show.security", of: { kind: "security" } },
  account: { name: "box.show.account", of: { kind: "account" } },
  announcement: { name: "box.show.announcement", of: { kind: "announcement" } },
  closed: { name: "box.show.closed", of: { status: "closed" } },
} as const satisfies Readonly<Record<string, { readonly name: PhoneKey; readonly of: Omit<MessageQuery, "language" | "search"> }>>;
type Filter = keyof typeof filters;

const longestSearch = 100;

function filterOf(query: MessageQuery | undefined): Filter {
  if (query?.unread) return "unread";
  if (query?.status === "closed") return "closed";
  return query?.kind ?? "all";
}

/** The messages of one user, behind PIN or biometric. */
export function Messages({ keyId }: { keyId: string }): JSX.Element {
  return <Opened keyId={keyId}>{() => <List keyId={keyId} />}</Opened>;
}

/** Locks the messages at once; in the bar of every screen that shows some. */
export function LockBar({ title }: { title?: string }): JSX.Element {
  const { texts, core, nav, draft, say } = useApp();
  const lock = (): void => {
    draft.answerText = undefined;
    nav.reset({ screen: "home" });
    core.inbox.lock();
    say(texts.t("box.locked"));
  };
  return (
    <Bar
      {...(title === undefined ? {} : { title })}
      right={<button type="button" class="bar-menu" id="lock" onClick={lock}><Icon name="lock" /><span>{texts.t("box.lock")}</span></button>}
    />
  );
}

/** No connection, in front of what was opened before. */
export function InboxOffline(): JSX.Element {
  const { texts, now } = useApp();
  const since = useCore(["online"], (core) => (core.online ? undefined : (core.offlineSince ?? now())));
  return (
    <div role="status" class="screen-status" data-error={since === undefined ? undefined : "offline"}>
      {since !== undefined && (
        <Banner kind="look" icon="wifi-off" title={texts.t("home.offline.title", { Time: texts.when(since, now()) })}>{texts.t("box.offline")}</Banner>
      )}
    </div>
  );
}

function List({ keyId }: { keyId: string }): JSX.Element | null {
  const { texts, core } = useApp();
  const box = useBox(keyId);
  const user = useCore(["users"], (c) => c.users().find((one) => one.keyId === keyId));
  const several = useCore(["users"], (c) => c.users().length > 1);
  const online = useCore(["online"], (c) => c.online);
  const [search, setSearch] = useState(box?.query?.search ?? "");
  const [busy, run] = useInboxTask();
  const asked = box?.query;
  const list = (filter: Filter, words: string): void => {
    const wanted = words.trim();
    run(() => core.inbox.list({ language: texts.language, ...(wanted === "" ? {} : { search: wanted }), ...filters[filter].of }));
  };
  const stale = asked === undefined || asked.language !== texts.language;
  useEffect(() => {
    if (stale) list(filterOf(asked), asked?.search ?? "");
  }, []);
  useAgain(!online && stale, () => list(filterOf(asked), search));
  if (box === undefined) return null;
  const { messages, more, until } = box;
  const everything = asked !== undefined && filterOf(asked) === "all" && asked.search === undefined;
  return (
    <Screen
      bar={<LockBar {...(several && user !== undefined ? { title: shownName(user) } : {})} />} title={texts.t("box.title")}
      lead={texts.t("box.until", { Time: texts.time(until) })}
    >
      <InboxOffline />
      <form
        class="inbox-find" role="search" autocomplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          list(filterOf(asked), search);
        }}
      >
        <div class="field">
          <label class="field-label" for="search">{texts.t("box.search")}</label>
          <div class="field-box">
            <input
              id="search" type="search" class="field-input" dir="auto" value={search} maxLength={longestSearch} autocomplete="off" spellcheck={false} enterkeyhint="search"
              onInput={(event) => setSearch(event.currentTarget.value)}
            />
            <button type="submit" class="field-show" id="find" aria-label={texts.t("box.search.go")}><Icon name="search" size={20} /></button>
          </div>
        </div>
        <div class="field">
          <label class="field-label" for="show">{texts.t("box.show")}</label>
          <div class="field-box">
            <select id="show" class="field-input" value={filterOf(asked)} onChange={(event) => list(event.currentTarget.value as Filter, search)}>
              {Object.entries(filters).map(([filter, { name }]) => <option key={filter} value={filter} selected={filter === filterOf(asked)}>{texts.t(name)}</option>)}
            </select>
          </div>
        </div>
      </form>
      <Found box={box} everything={everything} onAll={() => {
        setSearch("");
        list("all", "");
      }} />
      {more && <div class="screen-block"><Button id="more" kind="plain" busy={busy && messages.length > 0} onClick={() => run(() => core.inbox.more())}>{texts.t("box.more")}</Button></div>}
      <Working busy={busy} text={texts.t("box.working")} />
    </Screen>
  );
}

/** What was found, or that nothing was. */
function Found({ box, everything, onAll }: { box: OpenBox; everything: boolean; onAll: () => void }): JSX.Element | null {
  const { texts } = useApp();
  if (box.query === undefined) return null;
  if (box.messages.length > 0) {
    return <div class="rows screen-rows inbox-rows">{box.messages.map((one) => <MessageRow key={one.reference} keyId={box.keyId} message={one} />)}</div>;
  }
  if (everything) return <div class="empty"><NodLine ring="none" /><p>{texts.t("box.none")}</p></div>;
  return (
    <div class="empty" role="status">
      <NodLine ring="none" /><p>{texts.t(box.more ? "box.nothing_yet" : "box.nothing")}</p>
      <Button id="all" kind="text" onClick={onAll}>{texts.t("box.all")}</Button>
    </div>
  );
}

function MessageRow({ keyId, message }: { keyId: string; message: Message }): JSX.Element {
  const { texts, nav, now } = useApp();
  const { kind, status, reference, unread } = message;
  const second = [texts.t(messageKinds[kind].name), texts.moment(message.updatedAt, now())].join(" · ");
  const state = kind === "ticket" || status === "closed" ? status : undefined;
  return (
    <LinkRow
      id={`message-${reference}`} icon={messageKinds[kind].icon} second={second}
      title={<span class={unread ? undefined : "inbox-read"}><Subject message={message} /></span>}
      side={unread ? <Chip kind="look" icon="mail">{texts.t("box.new")}</Chip> : state !== undefined && <StatusChip status={state} />}
      onClick={() => nav.go({ screen: "message", keyId, id: reference })}
    />
  );
}

/** What a message is about; of one that the server cannot open, that it cannot. */
export function Subject({ message }: { message: Message }): JSX.Element {
  const { texts } = useApp();
  if (message.subject === "") return <>{texts.t("box.damaged.subject")}</>;
  return <bdi lang={message.language}>{message.subject}</bdi>;
}

export function StatusChip({ status }: { status: Message["status"] }): JSX.Element {
  const { texts } = useApp();
  if (status === "answered") return <Chip kind="done">{texts.t(statusNames.answered)}</Chip>;
  return <Chip kind="past" icon={status === "closed" ? "check" : "clock"}>{texts.t(statusNames[status])}</Chip>;
}
