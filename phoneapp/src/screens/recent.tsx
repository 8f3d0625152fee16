import type { JSX } from "preact";
import type { MissedApproval, PastApproval } from "../core/contract";
import { useApp, useCore } from "../ui/app-context";
import { Chip, LinkRow, Row } from "../ui/surfaces";
import { kinds } from "./kinds";

/** So many missed requests, and so many answered ones, stand on the home screen. */
const mostMissed = 3;
const mostPast = 5;

/** What came of requests: those that nobody answered first, for something may be to be done about them. */
export function Recent(): JSX.Element | null {
  const { texts, nav } = useApp();
  const missed = useCore(["missed"], (core) => core.missed());
  const past = useCore(["past"], (core) => core.past());
  if (missed.length === 0 && past.length === 0) return null;
  return (
    <section class="past">
      <h2>{texts.t("home.past")}</h2>
      <div class="rows">
        {missed.slice(0, mostMissed).map((one) => <MissedRow key={one.id} missed={one} />)}
        {missed.length > mostMissed && (
          <LinkRow id="missed-all" icon="clock" title={texts.t("missed.all", { Count: missed.length })} onClick={() => nav.go({ screen: "missed-all" })} />
        )}
        {past.slice(0, mostPast).map((one) => <PastRow key={one.id} past={one} />)}
      </div>
    </section>
  );
}

/** A request that ran out; the row leads to what to do about it. among: all around it ran out as well. */
export function MissedRow({ missed, among = false }: { missed: MissedApproval; among?: boolean }): JSX.Element {
  const { texts, nav, now } = useApp();
  const several = useCore(["users"], (core) => core.users().length > 1);
  const second = [texts.moment(missed.issuedAt, now()), several ? missed.who : undefined, missed.place ?? missed.address, missed.with];
  return (
    <LinkRow
      id={`missed-${missed.id}`} title={missed.app} second={second.filter((part) => part !== undefined).join(" · ")}
      side={!among && <Chip kind="look">{texts.t("past.missed")}</Chip>} onClick={() => nav.go({ screen: "missed", id: missed.id })}
    />
  );
}

function PastRow({ past }: { past: PastApproval }): JSX.Element {
  const { texts, now } = useApp();
  const second = [texts.moment(past.at, now()), past.place ?? past.address, past.with].filter((part) => part !== undefined).join(" · ");
  return (
    <Row
      title={past.kind === undefined || past.kind === "sign_in" ? past.app : texts.t(kinds[past.kind].bar)} second={second}
      side={past.state === "approved" ? <Chip kind="done">{texts.t("past.approved")}</Chip> : <Chip kind="no">{texts.t("past.denied")}</Chip>}
    />
  );
}
