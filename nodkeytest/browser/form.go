package browser

import "encoding/json"

// Choose picks an option of a drop-down list by its value, as a person does in the browser's own list.
func (tab *Tab) Choose(selector, value string) {
	tab.t.Helper()
	tab.Wait(selector)
	if !Eval[bool](tab, `((list, value) => {
  if (![...list.options].some((option) => option.value === value)) return false;
  list.focus();
  list.value = value;
  list.dispatchEvent(new Event("input", {bubbles: true}));
  list.dispatchEvent(new Event("change", {bubbles: true}));
  return true;
})(document.querySelector(`+quote(selector)+`), `+quote(value)+`)`) {
		tab.fail("%s has no option %q", selector, value)
	}
}

// Attach puts files into a field for files, by name and content.
func (tab *Tab) Attach(selector string, files map[string]string) {
	tab.t.Helper()
	tab.Wait(selector)
	raw, err := json.Marshal(files)
	if err != nil {
		tab.fail("files: %v", err)
	}
	Eval[bool](tab, `((field, files) => {
  const chosen = new DataTransfer();
  for (const [name, content] of Object.entries(files)) chosen.items.add(new File([content], name));
  field.files = chosen.files;
  return field.dispatchEvent(new Event("change", {bubbles: true}));
})(document.querySelector(`+quote(selector)+`), `+string(raw)+`)`)
}
