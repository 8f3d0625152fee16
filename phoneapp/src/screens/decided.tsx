import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useApp, useCore, useTask, type Ending } from "../ui/app-context";
import type { PhoneKey } from "../i18n";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import type { Rest } from "../ui/nod-line";
import { Result } from "../ui/result";
import { Receipt } from "../ui/surfaces";
import { kinds, toApplication } from "./kinds";
import { useWords } from "./words";

interface Words {
  readonly ring: Rest;
  readonly title: PhoneKey;
  readonly lead: PhoneKey;
}

const endings: Readonly<Record<Ending, Words>> = {
  approved: { ring: "done", title: "decided.approved.title", lead: "decided.approved" },
  not_me: { ring: "stopped", title: "decided.not_me.title", lead: "decided.not_me" },
  mistake: { ring: "stopped", title: "decided.mistake.title", lead: "decided.mistake" },
  wrong_number: { ring: "stopped", title: "decided.wrong_number.title", lead: "decided.wrong_number" },
  expired: { ring: "stopped", title: "decided.expired.title", lead: "decided.expired" },
  cancelled: { ring: "stopped", title: "decided.cancelled.title", lead: "decided.cancelled" },
  gone: { ring: "stopped", title: "decided.gone.title", lead: "decided.gone" },
  elsewhere_approved: { ring: "stopped", title: "decided.elsewhere.title", lead: "decided.elsewhere_approved" },
  elsewhere_denied: { ring: "stopped", title: "decided.elsewhere.title", lead: "decided.elsewhere_denied" },
  disowned: { ring: "stopped", title: "decided.disowned.title", lead: "decided.disowned" },
};

/** What became of an approval. It stays until it is dismissed. */
export function DecidedScreen(): JSX.Element | null {
  const { texts, draft, core, fail, finish, now, server } = useApp();
  const words = useWords();
  const [asked, ask] = useState(false);
  const [ending, setEnding] = useState(draft.decided?.ending);
  const [busy, run] = useTask();
  const past = useCore(["past"], (c) => c.past());
  const decided = draft.decided;
  if (decided === undefined || ending === undefined) return null;
  const { approval, at } = decided;
  const said = endings[ending];
  const disownable = past.find((one) => one.id === approval.id);
  const disown = (): void =>
    run(async () => {
      if (disownable === undefined) return;
      try {
        await core.disown(disownable);
        draft.decided = { ...decided, ending: "disowned" };
        setEnding("disowned");
      } catch (fault) {
        fail(fault, "other");
      }
      ask(false);
    });
  const own = kinds[approval.kind].endings?.[ending];
  const title = own?.title ?? said.title;
  const elsewhere = ending === "wrong_number" && toApplication(approval, server) ? "decided.wrong_number.app" : undefined;
  const lead = own?.lead ?? elsewhere ?? (ending === "approved" ? kinds[approval.kind].approved : said.lead);
  const from = approval.place ?? approval.address;
  const { item } = kinds[approval.kind];
  return (
    <>
      <Result
        key={ending} ring={said.ring} title={texts.t(title, { Who: approval.who })} lead={texts.t(lead, { Who: approval.who, App: approval.app })}
        {...(said.ring === "stopped" ? { error: `approval.${ending}` } : {})}
        actions={
          <>
            <Button id="done" capitals={words.android} onClick={finish}>{words.done}</Button>
            {ending === "approved" && approval.kind === "sign_in" && disownable !== undefined && (
              <Button id="disown" kind="text-no" onClick={() => ask(true)}>{texts.t("decided.disown")}</Button>
            )}
          </>
        }
      >
        <Receipt
          rows={[
            { name: texts.t(kinds[approval.kind].app), value: approval.app },
            ...(approval.text === undefined ? [] : [{ name: texts.t("approval.text", { App: approval.app }), value: approval.text }]),
            ...(approval.newKey === undefined ? [] : [{ name: texts.t("approval.new_phone"), value: approval.newKey.name }]),
            ...(approval.item === undefined || item === undefined ? [] : [{ name: texts.t(item), value: approval.item }]),
            ...(from === undefined ? [] : [{ name: texts.t("approval.from"), value: from, second: approval.with }]),
            { name: texts.t(answered.has(ending) ? "decided.answered" : "decided.ended"), value: texts.when(at, now(), true) },
          ]}
        />
      </Result>
      {asked && (
        <Dialog
          title={texts.t("disown.title")} yes={texts.t("disown.yes")} no={texts.t("disown.no")} busy={busy}
          onYes={disown} onNo={() => ask(false)}
        >
          <p>{texts.t("disown.text")}</p>
        </Dialog>
      )}
    </>
  );
}

const answered = new Set<Ending>(["approved", "not_me", "mistake", "wrong_number", "disowned"]);
