import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { PhoneFault, type Approval, type PhoneUser } from "../core/contract";
import { clockLeft } from "../i18n";
import { useApp, useCore, useNow, useTask } from "../ui/app-context";
import { Button } from "../ui/button";
import { NodLine } from "../ui/nod-line";
import { MenuButton, Screen } from "../ui/screen";
import { Banner, Chip, LinkRow, Row } from "../ui/surfaces";
import { MessagesRow } from "./inbox-whose";
import { kinds } from "./kinds";
import { initialOf, shownName } from "./names";
import { answering } from "./offline-way";
import { Recent } from "./recent";
import { useSighted } from "./sighted";
import { useWords } from "./words";

/** So many users stand on the home screen; where there are more, the last row leads to all of them. */
const most = 4;

/** Is anything waiting? */
export function Home(): JSX.Element {
  const { texts, nav, core, draft, fail, say, server, now: clock } = useApp();
  const words = useWords();
  const [busy, run] = useTask();
  const users = useCore(["users"], (c) => c.users());
  const all = useCore(["approvals"], (c) => c.approvals());
  const offlineSince = useCore(["online"], (c) => (c.online ? undefined : (c.offlineSince ?? clock())));
  const now = useNow(all.length > 0);
  const waiting = all.filter((approval) => approval.expiresAt > now);
  const [over] = useState(draft.requestOver);
  useEffect(() => {
    draft.requestOver = false; // said once
  }, [draft]);
  useSighted(waiting, "shown");

  const refresh = (): void =>
    run(async () => {
      try {
        await core.refresh();
        if (core.approvals().length === 0) say(texts.t("home.nothing.new"));
      } catch (fault) {
        // No connection is what the banner says already.
        if (!(fault instanceof PhoneFault && fault.key === "offline")) fail(fault, "other");
      }
    });
  const open = (approval: Approval): void => {
    draft.number = "";
    nav.go({ screen: "approval", id: approval.id });
  };
  const more = (
    <MenuButton id="more" label={texts.t("more.title")} onClick={() => nav.go({ screen: "more" })} />
  );
  const offline = offlineSince !== undefined;
  const codes = answering(users).length > 0;
  const withoutConnection = (): void => nav.go({ screen: "offline-code" });
  const suspended = users.filter((user) => user.state === "suspended");
  return (
    <Screen
      bar={
        <header class="bar">
          {words.android && more}
          <MenuButton id="services" label={texts.t("services.title")} onClick={() => nav.go({ screen: "services" })} />
          {!words.android && <span class="bar-title bar-operator">{server?.operator ?? ""}</span>}
        </header>
      }
      head={<NodLine ring={waiting.length > 0 ? "counting" : "waiting"} part={partOf(waiting[0], now)} />}
      centred title={waiting.length === 0 ? texts.t("home.nothing") : texts.t("home.waiting", { Count: waiting.length })}
      lead={texts.t(waiting.length === 0 ? "home.nothing.lead" : waiting.length === 1 ? "home.waiting.lead" : "home.several.lead")}
      actions={
        <>
          {offline && codes && <Button id="offline-code" icon="qr" onClick={withoutConnection}>{texts.t("home.offline_code")}</Button>}
          <Button id="refresh" kind={offline && codes ? "plain" : "main"} icon="refresh" busy={busy} onClick={refresh}>{texts.t(offline ? "home.retry" : "home.refresh")}</Button>
          {!words.android && <div class="corner">{more}</div>}
        </>
      }
    >
      <div role="status" class="screen-status">
        {over && waiting.length === 0 && <Banner icon="info" title={texts.t("home.over.title")}>{texts.t("home.over")}</Banner>}
        {offline && <Banner kind="look" icon="wifi-off" title={texts.t("home.offline.title", { Time: texts.when(offlineSince, clock()) })}>{texts.t("home.offline")}</Banner>}
      </div>
      {waiting.length > 0 && (
        <div class="sheet rows-sheet">
          {waiting.map((approval) => (
            <Waiting key={approval.id} approval={approval} now={now} onOpen={() => open(approval)} />
          ))}
        </div>
      )}
      {suspended.length > 0 && (
        <Banner kind="stop" icon="lock" title={texts.t("user.suspended.title", { Name: texts.list(suspended.map(shownName)) })}>
          {texts.t("user.suspended")}
        </Banner>
      )}
      <div class="sheet rows-sheet">
        {(users.length > most ? users.slice(0, most - 1) : users).map((user) => (
          <UserRow key={user.keyId} user={user} />
        ))}
        {users.length > most && (
          <LinkRow id="all-users" icon="person" title={texts.t("home.users", { Count: users.length })} onClick={() => nav.go({ screen: "users" })} />
        )}
      </div>
      <div class="rows rows-closed">
        <MessagesRow />
        {!offline && codes && (
          <LinkRow id="offline-code" icon="qr" title={texts.t("home.offline_code")} second={texts.t("home.offline_code.second")} onClick={withoutConnection} />
        )}
      </div>
      <Recent />
    </Screen>
  );
}

function partOf(approval: Approval | undefined, now: number): number {
  if (approval === undefined) return 1;
  return Math.max(0, Math.min(1, (approval.expiresAt - now) / Math.max(1, approval.expiresAt - approval.issuedAt)));
}

function Waiting({ approval, now, onOpen }: { approval: Approval; now: number; onOpen: () => void }): JSX.Element {
  const { texts } = useApp();
  const several = useCore(["users"], (core) => core.users().length > 1);
  const title = approval.kind === "sign_in" ? approval.app : texts.t(kinds[approval.kind].bar);
  const second = [several ? approval.who : undefined, approval.place ?? approval.address, approval.with].filter((part) => part !== undefined).join(" · ");
  return (
    <Row
      data={approval.id} icon="bell" title={title} second={second} onClick={onOpen}
      side={<Chip kind="look"><span class="figures">{clockLeft(approval.expiresAt - now)}</span></Chip>}
    />
  );
}

/** A user with initial and state; the row leads to the user's page. */
export function UserRow({ user }: { user: PhoneUser }): JSX.Element {
  const { nav } = useApp();
  const open = (): void =>
    nav.go(user.state === "confirm" || user.state === "approve" ? { screen: "activated", keyId: user.keyId } : { screen: "user", keyId: user.keyId });
  return (
    <Row
      lead={<span class="initial" aria-hidden="true">{initialOf(user)}</span>}
      title={<bdi>{shownName(user)}</bdi>} second={<bdi>{user.label === undefined ? user.name : `${user.displayName} · ${user.name}`}</bdi>}
      side={<StateChip user={user} />} onClick={open}
    />
  );
}

export function StateChip({ user }: { user: PhoneUser }): JSX.Element {
  const { texts } = useApp();
  switch (user.state) {
    case "active":
      return <Chip kind="done">{texts.t("state.active")}</Chip>;
    case "confirm":
    case "approve":
      return <Chip kind="look">{texts.t("state.waiting")}</Chip>;
    case "suspended":
      return <Chip kind="no" icon="lock">{texts.t("state.suspended")}</Chip>;
    case "removed":
      return <Chip kind="past" icon="cross">{texts.t("state.removed")}</Chip>;
  }
}
