import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useApp } from "../ui/app-context";

const quietMs = 400;
const slowMs = 10_000;

/** Says what is awaited once it takes longer than a blink, and what may be wrong when it takes long. */
export function Working({ busy, text }: { busy: boolean; text: string }): JSX.Element {
  const { texts } = useApp();
  const [stage, setStage] = useState<"quiet" | "said" | "slow">("quiet");
  useEffect(() => {
    setStage("quiet");
    if (!busy) return undefined;
    const said = setTimeout(() => setStage("said"), quietMs);
    const slow = setTimeout(() => setStage("slow"), slowMs);
    return () => {
      clearTimeout(said);
      clearTimeout(slow);
    };
  }, [busy]);
  return (
    <p class="screen-status second small" role="status">
      {stage !== "quiet" && text}
      {stage === "slow" && texts.gap + texts.t("working.slow")}
    </p>
  );
}
