// Who has not chosen a time zone yet finds the browser's own chosen, where the
// list has it. Nothing is kept before Save.
const list = document.getElementById("zone");
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (list instanceof HTMLSelectElement && Array.from(list.options).some((option) => option.value === own)) list.value = own;
