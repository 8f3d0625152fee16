import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { useApp, useCore } from "../ui/app-context";
import { Result } from "../ui/result";
import { Bar } from "../ui/screen";
import { Working } from "./working";

/** A notification was touched: its request opens when it is still open, otherwise the home screen says that it is over. */
export function TouchedRequest({ id }: { id: string }): JSX.Element {
  const { texts, nav, core, draft } = useApp();
  const here = useCore(["approvals"], (phone) => phone.approvals().some((approval) => approval.id === id));
  useEffect(() => {
    if (!here) return;
    draft.number = "";
    nav.replace({ screen: "approval", id });
  }, [draft, here, id, nav]);
  useEffect(() => {
    let gone = false;
    const home = (over: boolean): void => {
      if (gone || core.approvals().some((approval) => approval.id === id)) return;
      draft.requestOver = over;
      nav.replace({ screen: "home" });
    };
    // A list that another one overtakes comes to nothing, so two are asked for before anything is called over.
    core.refresh().then(async () => core.refresh()).then(() => home(true), () => home(false));
    return () => {
      gone = true;
    };
  }, [core, draft, id, nav]);
  return (
    <Result ring="waiting" bar={<Bar />} title={texts.t("touched.title")} actions={undefined}>
      <Working busy text={texts.t("touched.working")} />
    </Result>
  );
}
