// The panel of troubles: which are on, which have been seen on the phone, and which are over.
import { alternatives, troubles } from "./troubles";

/** off: not begun. armed: it will happen. shown: it is on the phone's screen now, or was while it is still on. over: it was there. */
type State = "off" | "armed" | "shown" | "over";

/** What the panel sets going. */
export interface Stage {
  /** What the phone pretends has changed. */
  posed(): void;
  /** Something happens at the server now; gives a sentence where it could not. */
  happen(id: string): Promise<string | undefined>;
}

interface Row {
  readonly id: string;
  readonly how: string;
  readonly item: HTMLElement;
  readonly button: HTMLButtonElement | null;
  readonly told: HTMLElement | null;
  readonly name: string;
  state: State;
}

export class Panel {
  private readonly rows: readonly Row[];

  constructor(
    private readonly root: HTMLElement,
    private readonly stage: Stage,
  ) {
    this.rows = [...root.querySelectorAll<HTMLElement>("[data-trouble]")].map((item) => {
      const { trouble: id = "", how = "" } = item.dataset;
      const row: Row = {
        id, how, item, button: item.querySelector("button"), told: item.querySelector(".trouble-state"),
        name: item.querySelector(".trouble-name")?.textContent ?? "", state: "off",
      };
      row.button?.addEventListener("click", () => void this.press(row));
      return row;
    });
  }

  /** What the phone is to pretend. */
  get pose(): Readonly<Record<string, unknown>> {
    return Object.assign({}, ...this.rows.filter((row) => row.how === "phone" && isOn(row)).map((row) => troubles[row.id]?.pose)) as Record<string, unknown>;
  }

  /** The trouble that waits for the next scan; it waits for none after this. */
  takeScan(): string | undefined {
    const row = this.rows.find(({ how, state, item }) => how === "scan" && state === "armed" && item.dataset["scanned"] === undefined);
    if (row !== undefined) row.item.dataset["scanned"] = "";
    return row?.id;
  }

  /** Tells what is to be seen on the phone. */
  saw(screen: string, error: string): void {
    for (const row of this.rows) {
      const seen = troubles[row.id]?.seen(screen, error) === true;
      if (seen && (row.state === "armed" || row.how === "hand")) this.set(row, "shown");
      // What the phone pretends goes on until it is switched off.
      else if (!seen && row.state === "shown" && row.how !== "phone") this.set(row, "over");
    }
  }

  /** Something that the phone's screen does not name has been seen. */
  shown(id: string): void {
    for (const row of this.rows) if (row.id === id) this.set(row, "shown");
  }

  /** A sentence on why a trouble could not happen; it is off again. */
  fail(id: string, sentence: string): void {
    for (const row of this.rows) {
      if (row.id !== id) continue;
      this.set(row, "off");
      if (row.told !== null) row.told.textContent = sentence === "" ? this.word("failed") : sentence;
      row.item.dataset["state"] = "failed";
    }
  }

  /** Everything is off, as on the first day. The phone has still to be told. */
  clear(): void {
    for (const row of this.rows) this.set(row, "off");
  }

  private async press(row: Row): Promise<void> {
    if (row.how === "phone" || row.how === "scan") {
      const on = isOn(row);
      if (!on) for (const other of this.rows) if (excludes(row.id, other.id) && isOn(other)) this.set(other, "off");
      this.set(row, on ? (row.state === "shown" ? "over" : "off") : "armed");
      if (row.how === "phone") this.stage.posed();
      return;
    }
    if (row.button?.getAttribute("aria-busy") === "true") return;
    row.button?.setAttribute("aria-busy", "true");
    this.set(row, "armed");
    const sentence = await this.stage.happen(row.id);
    row.button?.removeAttribute("aria-busy");
    if (sentence !== undefined) this.fail(row.id, sentence);
  }

  private set(row: Row, state: State): void {
    row.state = state;
    row.item.dataset["state"] = state;
    if (state !== "shown") delete row.item.dataset["scanned"];
    const words: Readonly<Record<State, string>> = { off: "", armed: this.word("armed"), shown: this.word("shown"), over: this.word("over") };
    if (row.told !== null && row.told.textContent !== words[state]) row.told.textContent = words[state];
    if (row.button?.hasAttribute("aria-pressed") === true) {
      const on = isOn(row);
      row.button.setAttribute("aria-pressed", String(on));
      row.button.textContent = this.word(on ? "stop" : "try");
    }
    const count = this.root.querySelector(".troubles-count");
    if (count !== null) count.textContent = this.rows.filter(isOn).map(({ name }) => name).join(" · ");
  }

  private word(name: "armed" | "shown" | "over" | "try" | "stop" | "failed"): string {
    return this.root.dataset[name] ?? "";
  }
}

/** A trouble that lasts: armed, or pretended still. */
function isOn(row: Row): boolean {
  return row.state === "armed" || (row.state === "shown" && row.how === "phone");
}

function excludes(one: string, other: string): boolean {
  return one !== other && alternatives.some((set) => set.includes(one) && set.includes(other));
}
