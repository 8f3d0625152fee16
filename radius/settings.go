package radius

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/nodkey/nodkey"
	"golang.org/x/text/language"
)

// Mode is how an application's people sign in after the password.
type Mode string

// The modes.
const (
	// ModeNumber shows the number in an Access-Challenge; its answer waits for the phone.
	ModeNumber Mode = "number"
	// ModePush waits for the phone at once. The number cannot be shown, so that the application must be plain; where it is not, it
	// is asked as with ModeChallenge.
	ModePush Mode = "push"
	// ModeChallenge shows six digits in an Access-Challenge, answered with the eight of the phone's app. No phone is woken.
	ModeChallenge Mode = "challenge"
)

// Settings are what an application's settings say to this door.
type Settings struct {
	Networks     []netip.Prefix // where its packets come from over UDP, with PAP or EAP-TTLS
	EAPNetworks  []netip.Prefix // where they come from with EAP-TTLS alone
	Certificates []string       // SHA-256 of the certificates that it comes with over TLS, 64 hexadecimal digits
	Names        []string       // DNS names of certificates by the authority that the server trusts for them
	Mode         Mode
	Wait         time.Duration // how long a request waits for the phone, 10 s to 170 s
	Language     string        // of sentences to people whose language is not known; BCP 47
	CodeAfter    bool          // with ModePush: whoever did not answer in time is asked for a code
}

const (
	waitPreset = 30 * time.Second
	// waitMargin is how much longer than the door waits a request lives that may still be answered by a code.
	waitMargin = 10 * time.Second
	waitMax    = nodkey.ApprovalLife - waitMargin
	listMax    = 64
)

// ParseSettings reads an application's settings (docs/doors/radius.md). Members of other doors are passed over. Errors are
// sentences for the operator.
func ParseSettings(raw json.RawMessage) (Settings, error) {
	var in struct {
		Networks     []string `json:"networks"`
		EAPNetworks  []string `json:"eap_networks"`
		Certificates []string `json:"certificates"`
		Names        []string `json:"certificate_names"`
		Mode         Mode     `json:"mode"`
		Wait         string   `json:"wait"`
		Language     string   `json:"language"`
		CodeAfter    bool     `json:"code_after_wait"`
	}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &in); err != nil {
			return Settings{}, fmt.Errorf("the settings for radius cannot be read: %w", err)
		}
	}
	s := Settings{Mode: cmp.Or(in.Mode, ModeNumber), Wait: waitPreset, Language: cmp.Or(in.Language, "en"), CodeAfter: in.CodeAfter}
	if len(in.Networks)+len(in.EAPNetworks)+len(in.Certificates)+len(in.Names) == 0 {
		return Settings{}, errors.New(`radius needs to know its client: name "networks", "eap_networks", "certificates" or "certificate_names" in the settings`)
	}
	if max(len(in.Networks), len(in.EAPNetworks), len(in.Certificates), len(in.Names)) > listMax {
		return Settings{}, fmt.Errorf("a list in the settings for radius has more than %d entries", listMax)
	}
	var err error
	if s.Networks, err = readNetworks("networks", in.Networks); err != nil {
		return Settings{}, err
	}
	for _, p := range s.Networks {
		if p.Addr().Is4() && p.Bits() < 8 || p.Addr().Is6() && p.Bits() < 32 {
			return Settings{}, fmt.Errorf(`%s in "networks" is too wide for passwords without TLS: name the client's own network, or use "eap_networks"`, p)
		}
	}
	if s.EAPNetworks, err = readNetworks("eap_networks", in.EAPNetworks); err != nil {
		return Settings{}, err
	}
	for _, text := range in.Certificates {
		sum, err := hex.DecodeString(strings.ReplaceAll(text, ":", ""))
		if err != nil || len(sum) != 32 {
			return Settings{}, fmt.Errorf(`%q in "certificates" is not the SHA-256 of a certificate in hexadecimal`, text)
		}
		s.Certificates = append(s.Certificates, hex.EncodeToString(sum))
	}
	for _, name := range in.Names {
		if name == "" || len(name) > 253 || strings.ContainsAny(name, "*/ ") {
			return Settings{}, fmt.Errorf(`%q in "certificate_names" is not a host name`, name)
		}
		s.Names = append(s.Names, strings.ToLower(name))
	}
	if !slices.Contains([]Mode{ModeNumber, ModePush, ModeChallenge}, s.Mode) {
		return Settings{}, fmt.Errorf(`"mode" is %q; it must be number, push or challenge`, s.Mode)
	}
	if in.Wait != "" {
		if s.Wait, err = time.ParseDuration(in.Wait); err != nil || s.Wait < nodkey.AskLifeMin || s.Wait > waitMax {
			return Settings{}, fmt.Errorf(`"wait" is %q; it must be a time span from %s to %s, such as 30s`, in.Wait, nodkey.AskLifeMin, waitMax)
		}
	}
	if _, err := language.Parse(s.Language); err != nil {
		return Settings{}, fmt.Errorf(`"language" is %q; it must be a language tag such as en, de or ja`, s.Language)
	}
	return s, nil
}

func readNetworks(member string, texts []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range texts {
		p, err := netip.ParsePrefix(text)
		if addr, bad := netip.ParseAddr(text); bad == nil && addr.Zone() == "" {
			addr = addr.Unmap()
			p, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil || p.Addr().Is4In6() || p != p.Masked() {
			return nil, fmt.Errorf(`%q in %q is not a network such as 10.20.0.0/16 or an address`, text, member)
		}
		out = append(out, p)
	}
	return out, nil
}

// CheckSettings says what is wrong with the settings of applications of this door taken together: one that cannot be read, or
// what two of them claim, so that nobody could tell whose packets come from there. Errors are sentences for the operator.
func CheckSettings(all []nodkey.ApplicationInfo) error {
	_, err := newClients(all)
	return err
}
