import type { ComponentChildren, JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { useApp, useCore } from "./app-context";
import { Icon } from "./icon";
import { LanguageSwitch } from "./language";

interface Props {
  /** The bar above. */
  readonly bar?: ComponentChildren;
  /** The one heading; focus goes there when the screen comes. */
  readonly title: ComponentChildren;
  /** What the browser calls the page, and keeps; the heading without it. */
  readonly name?: string;
  /** What stands above the heading: a nod line, the seal. */
  readonly head?: ComponentChildren;
  readonly lead?: ComponentChildren;
  readonly centred?: boolean;
  readonly error?: string;
  readonly children?: ComponentChildren;
  /** The action bar at the bottom. */
  readonly actions?: ComponentChildren;
  /** With it the screen is a form, so that Enter does what the main button does. */
  readonly onSubmit?: () => void;
}

/** One screen: bar, heading, content, action bar. */
export function Screen({ bar, title, name: called, head, lead, centred = false, error, children, actions, onSubmit }: Props): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  const { server } = useApp();
  const name = server?.operator;
  useLayoutEffect(() => {
    window.scrollTo(0, 0);
    heading.current?.focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    const text = called ?? heading.current?.textContent ?? "";
    document.title = name === undefined ? text : `${text} – ${name}`;
  });
  const inner = (
    <>
      <main class={centred ? "screen-main screen-centred" : "screen-main"} data-error={error}>
        {head}
        <h1 tabIndex={-1} ref={heading}>{title}</h1>
        {lead !== undefined && <p class="lead">{lead}</p>}
        {children}
      </main>
      {actions !== undefined && actions !== false && <div class="action-bar">{actions}</div>}
    </>
  );
  return (
    <div class="screen">
      {bar ?? <header class="bar bar-empty"><BarLanguage /></header>}
      {onSubmit === undefined ? (
        <div class="screen-body">{inner}</div>
      ) : (
        <form
          class="screen-body" noValidate autocomplete="off"
          onSubmit={(event) => {
            event.preventDefault();
            onSubmit();
          }}
        >
          {inner}
        </form>
      )}
    </div>
  );
}

/** The bar with the way back, what is being done, and at most one thing at the right; the language as well until somebody is active here. */
export function Bar({ title, capitals = false, right, onBack }: { title?: string; capitals?: boolean; right?: ComponentChildren; onBack?: () => void }): JSX.Element {
  const { nav, texts } = useApp();
  return (
    <header class="bar">
      <button type="button" class="button-icon bar-back" id="back" aria-label={texts.t("bar.back")} onClick={onBack ?? (() => nav.back())}>
        <Icon name="arrow-left" />
      </button>
      {title !== undefined && <span class={capitals ? "bar-title capitals" : "bar-title"}>{title}</span>}
      {right !== undefined && <span class="bar-side">{right}</span>}
      <BarLanguage />
    </header>
  );
}

/** The language in every bar, until somebody is active here; the settings have it on the screen itself. */
function BarLanguage(): JSX.Element | null {
  const { nav, texts, setLanguage } = useApp();
  const nobody = useCore(["users"], (core) => core.users().length === 0);
  return nobody && nav.route.screen !== "settings" ? <LanguageSwitch texts={texts} onChoose={setLanguage} /> : null;
}

/** The bar of a task in steps. */
export function StepBar({ title, step, of = 3, capitals = false }: { title: string; step?: number; of?: number; capitals?: boolean }): JSX.Element {
  const { texts } = useApp();
  return (
    <Bar
      title={title} capitals={capitals}
      right={step === undefined ? undefined : <span class="bar-time">{texts.t("bar.step", { Step: step, Of: of })}</span>}
    />
  );
}

/** A bar or corner button with icon and word: Services, More. */
export function MenuButton({ id, label, onClick }: { id: string; label: string; onClick: () => void }): JSX.Element {
  return (
    <button type="button" class="bar-menu" id={id} onClick={onClick}>
      <Icon name="menu" />
      <span>{label}</span>
    </button>
  );
}
