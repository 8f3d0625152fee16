// Package i18n holds every sentence that a person reads, one JSON file a
// subject and language: portal.en.json, errors.en.json, phone.en.json,
// messages.en.json, time.en.json. Go reads them with go-i18n, the phone app imports the same
// files.
//
// A file is one flat object. A value is a sentence with placeholders as
// {{.Name}}, or an object with the plural forms of one ("one", "other"), chosen
// by the argument Count. A key says where the sentence stands
// ("wait.title"); no key stands in two files.
//
// Two marks may stand in a sentence of portal.*.json: **strong words**, and
// [the words of its one link]. The portal's templates turn them into markup
// after escaping everything else.
package i18n
