import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useApp, useCore, useTask } from "../ui/app-context";
import { Dialog } from "../ui/dialog";
import { Bar, Screen } from "../ui/screen";
import { Banner, LinkRow, Receipt } from "../ui/surfaces";
import { StateChip } from "./home";
import { MessagesOfRow } from "./inbox-whose";
import { shownName } from "./names";
import { useTestRequest } from "./test-request";
import { useWords } from "./words";

/** One user on this phone: state, factors, what can be done. */
export function User({ keyId }: { keyId: string }): JSX.Element | null {
  const { texts, nav, core, draft, fail, say, server } = useApp();
  const words = useWords();
  const user = useCore(["users"], (c) => c.users().find((u) => u.keyId === keyId));
  const [asked, ask] = useState(false);
  const [busy, run] = useTask();
  const [testing, test] = useTestRequest();
  const pins = useCore(["users"], (c) => c.users().filter(({ pin, state }) => pin && state !== "removed").length);
  if (user === undefined) return null;
  const Name = shownName(user);
  const remove = (): void =>
    run(async () => {
      try {
        await core.removeUser(keyId);
        say(texts.t("user.remove.gone", { Name }));
        nav.reset({ screen: "home" });
      } catch (fault) {
        ask(false);
        fail(fault, "other");
      }
    });
  const factors = [...(user.pin ? [texts.t("factor.pin")] : []), ...(user.biometric ? [words.sensor] : [])];
  return (
    <>
      <Screen bar={<Bar title={texts.t("users.title")} />} title={<bdi>{Name}</bdi>}>
        {user.state === "suspended" && (
          <Banner kind="stop" icon="lock" title={texts.t("user.suspended.title", { Name })}>{texts.t("user.suspended")}</Banner>
        )}
        {user.state === "removed" && <Banner kind="look" icon="info">{texts.t("user.removed")}</Banner>}
        <Receipt
          sheet rows={[
            { name: texts.t("user.state"), value: <StateChip user={user} /> },
            ...(user.label === undefined ? [] : [{ name: texts.t("user.portal_name"), value: <bdi>{user.displayName}</bdi> }]),
            { name: texts.t("user.login"), value: <bdi>{user.name}</bdi> },
            { name: texts.t("user.at"), value: server?.name ?? "" },
            { name: texts.t("user.factors"), value: texts.list(factors) },
            { name: texts.t("user.since"), value: texts.date(user.activatedAt) },
          ]}
        />
        <div class="rows rows-closed">
          {user.state === "active" && <MessagesOfRow keyId={keyId} />}
          {user.state === "active" && (
            <LinkRow id="test" icon="bell" title={texts.t("test.row")} second={texts.t(testing ? "test.working" : "test.row.second")} onClick={() => test(keyId)} />
          )}
          {user.pin && user.state === "active" && (
            <LinkRow
              id="change-pin" icon="key" title={texts.t("change_pin.title")} second={pins > 1 ? texts.t("change_pin.second.all", { Count: pins }) : texts.t("change_pin.second")}
              onClick={() => {
                draft.pinKeys = undefined;
                draft.pinsLeft = undefined;
                nav.go({ screen: "change-pin", keyId });
              }}
            />
          )}
          <LinkRow id="rename" icon="edit" title={texts.t("user.rename.title")} second={texts.t("user.rename.second")} onClick={() => nav.go({ screen: "rename", keyId })} />
          <LinkRow id="remove" icon="trash" title={texts.t("user.remove")} second={texts.t("user.remove.second")} onClick={() => ask(true)} />
        </div>
      </Screen>
      {asked && (
        <Dialog
          title={texts.t("user.remove.title", { Name })} yes={texts.t("user.remove.yes")} no={texts.t("user.remove.no")}
          busy={busy} onYes={remove} onNo={() => ask(false)}
        >
          <p>{texts.rich("user.remove.portal", { Login: <bdi>{user.name}</bdi> })}</p>
          <p>{texts.t("user.remove.text")}</p>
        </Dialog>
      )}
    </>
  );
}
