import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { languages, type Texts } from "../i18n";
import { Button } from "./button";
import { Icon } from "./icon";

interface Props {
  readonly texts: Texts;
  /** With the language's own name beside the globe, where there is room for it. */
  readonly named?: boolean;
  readonly onChoose: (language: string) => void;
}

/** The globe, and over the screen the choice: nothing is left for it, so nothing that was typed is lost. */
export function LanguageSwitch({ texts, named = false, onChoose }: Props): JSX.Element {
  const [open, setOpen] = useState(false);
  const own = languages[texts.language as keyof typeof languages];
  return (
    <>
      {named ? (
        <button type="button" class="bar-menu bar-right" id="language" aria-haspopup="dialog" onClick={() => setOpen(true)}>
          <Icon name="globe" />
          <span>{own}</span>
        </button>
      ) : (
        <button
          type="button" class="button-icon bar-language" id="language" aria-haspopup="dialog" aria-label={`${texts.t("settings.language")}: ${own}`}
          onClick={() => setOpen(true)}
        >
          <Icon name="globe" />
        </button>
      )}
      {open && (
        <Languages
          texts={texts} onClose={() => setOpen(false)}
          onChoose={(language) => {
            setOpen(false);
            onChoose(language);
          }}
        />
      )}
    </>
  );
}

function Languages({ texts, onChoose, onClose }: { texts: Texts; onChoose: (language: string) => void; onClose: () => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    dialog.current?.querySelector<HTMLElement>('[aria-current="true"]')?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <dialog
      class="dialog" ref={dialog} aria-labelledby="languages-title"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <h2 id="languages-title">{texts.t("settings.language")}</h2>
      <div class="rows languages-rows">
        {Object.entries(languages).map(([language, name]) => (
          <button
            type="button" class="row" id={`language-${language}`} lang={language} aria-current={language === texts.language ? "true" : undefined} key={language}
            onClick={() => onChoose(language)}
          >
            <span class="row-text"><span class="row-title">{name}</span></span>
            {language === texts.language && <Icon name="check" ink="petrol" />}
          </button>
        ))}
      </div>
      <div class="actions"><Button id="languages-close" kind="plain" onClick={onClose}>{texts.t("language.close")}</Button></div>
    </dialog>
  );
}
