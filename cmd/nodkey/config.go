package main

import "github.com/nodkey/nodkey/web"

// Config is everything that can be set, and its documentation: `nodkey config
// show` prints what stands here. Each field has its key in the file ("tls.cert"
// is cert in section [tls]); the flag is --tls-cert, the environment variable
// NODKEY_TLS_CERT. A flag beats the environment, which beats the file, which
// beats the default. A secret can also be given as a file that holds it:
// acme.eab_key_file, --acme-eab-key-file, NODKEY_ACME_EAB_KEY_FILE.
type Config struct {
	DataDir  string `key:"data_dir" default:"/var/lib/nodkey" doc:"Directory of all that must survive: database, master key, certificates. Only the server's own user may read it."`
	Database string `key:"database" default:"" doc:"SQLite database file. Empty: nodkey.db in data_dir."`

	Listen       Listen     `key:"listen" default:":443" doc:"Address and port of portal and phone app, such as :443 or 127.0.0.1:8080."`
	PortalHost   web.Origin `key:"portal_host" default:"" doc:"Where browsers find the portal, such as https://portal.example.com."`
	PhoneHost    web.Origin `key:"phone_host" default:"" doc:"Where phones find the phone app: another host, such as https://phone.example.com. It is part of every key, so it can never change afterwards."`
	ServerName   string     `key:"server_name" default:"Nodkey" doc:"Name that phones show for this server."`
	OperatorName string     `key:"operator_name" default:"" doc:"Who runs it, as people know them. Shown before a phone is activated."`
	ServiceDesk  string     `key:"service_desk" default:"" doc:"Whom to ask when a phone is lost: a sentence or a telephone number. Shown to people who cannot sign in."`

	TrustedProxies Prefixes `key:"trusted_proxies" default:"" doc:"Networks (CIDR) of proxies in front, whose X-Forwarded-For and X-Forwarded-Proto are believed. With one proxy on this machine: 127.0.0.1/32, ::1/128."`
	MetricsListen  Listen   `key:"metrics_listen" default:"127.0.0.1:9464" doc:"Address and port of /healthz, /readyz and /metrics, never reachable through the portal. Empty: none."`
	MasterKeyFile  string   `key:"master_key_file" default:"" doc:"File of the key that seals secrets in the database. Made at the first start. Empty: master.key in data_dir. Back it up apart from the database."`

	PlacesFile string `key:"places_file" default:"" doc:"Database of countries or cities in the MaxMind DB format. With it phones show where a request comes from, and a sign-in from another country is told of. Read at the start. Empty: none."`

	Client Clients `key:"client" default:"[]" doc:"Applications that may ask people, one [[client]] each: id, name, doors, groups, plain, settings, and secret_file or secret (one, or two while the application is told the new one). They are added, changed and removed with the file when a server starts; those of nodkey client add stay as they are. As a flag or variable: the same as JSON. docs/applications.md has more."`

	TLS     TLSConfig     `key:"tls"`
	ACME    ACMEConfig    `key:"acme"`
	Log     LogConfig     `key:"log"`
	Policy  PolicyConfig  `key:"policy"`
	Push    PushConfig    `key:"push"`
	Mail    MailConfig    `key:"mail"`
	SMS     SMSConfig     `key:"sms"`
	Doors   DoorsConfig   `key:"doors"`
	Forward ForwardConfig `key:"forward"`
	RADIUS  RADIUSConfig  `key:"radius"`

	Messages MessagesConfig `key:"messages"`
}

// TLSConfig says how connections are protected.
type TLSConfig struct {
	Mode string `key:"mode" default:"files" oneof:"files acme proxy off" doc:"files: certificate files. acme: certificates fetched by ACME. proxy: a trusted proxy ends TLS. off: none, allowed on loopback addresses only."`
	Cert string `key:"cert" default:"" doc:"Certificate chain, PEM, the server's own first (mode files). Read again when it changes."`
	Key  string `key:"key" default:"" doc:"Private key of the certificate, PEM (mode files)."`
}

// ACMEConfig says where certificates come from (RFC 8555).
type ACMEConfig struct {
	Directory  string `key:"directory" default:"https://acme-v02.api.letsencrypt.org/directory" doc:"Directory address of the certificate authority."`
	Email      string `key:"email" default:"" doc:"Address the authority may write to."`
	CARoots    string `key:"ca_roots" default:"" doc:"PEM file of roots to trust when talking to the authority. Empty: the system's."`
	ListenHTTP Listen `key:"listen_http" default:":80" doc:"Address and port that answer the http-01 challenge and send everyone else to https. Empty: tls-alpn-01 on the main address only."`
	EABKeyID   string `key:"eab_key_id" default:"" doc:"External account binding, where the authority asks for it: key id."`
	EABKey     string `key:"eab_key" default:"" secret:"true" doc:"External account binding: MAC key, base64url."`
}

// LogConfig says what is written about running. No secret, code, PIN or cookie
// is in it at any level.
type LogConfig struct {
	Level  string `key:"level" default:"info" oneof:"debug info warn error" doc:"Least serious line to write."`
	Format string `key:"format" default:"text" oneof:"text json" doc:"Shape of a line, on standard error."`
}

// PolicyConfig is what the operator decides about sign-in.
type PolicyConfig struct {
	ActivationFirst    string   `key:"activation_first" default:"code" oneof:"code contact password" doc:"What a user's first phone needs. code: a first-access code from the service desk. contact: the password, and a code that is sent to an e-mail address or telephone number on record; it needs mail or sms. password: the password alone, which is weak."`
	ActivationConfirm  bool     `key:"activation_confirm" default:"false" doc:"Whether six digits shown on the new phone have to be typed in the portal."`
	MaxKeys            int      `key:"max_keys" default:"3" min:"1" max:"20" doc:"How many phones a user may have. A request names as many as fit it, those used last first: three always do."`
	NumberMatching     bool     `key:"number_matching" default:"true" doc:"Whether the two digits on the page have to be typed on the phone."`
	Codes              string   `key:"codes" default:"any" oneof:"any scanned off" doc:"Which codes of a phone without a connection sign in. any: also those made from six digits typed into the phone, which bind those digits only. scanned: only those made from the scanned square code, which bind the whole request. off: none."`
	Devices            string   `key:"devices" default:"choose" oneof:"choose choose-or-all all" doc:"Which phone a sign-in asks when a person has several. choose: the one they choose after the password, the one last used first. choose-or-all: the same, and all of them at once is a choice, too. all: all of them at once, without a question."`
	RestrictedSessions bool     `key:"restricted_sessions" default:"true" doc:"Whether a user who never had a phone gets a session that can do nothing but activate one."`
	MinAndroid         string   `key:"min_android" default:"6.0" doc:"Oldest Android that may be activated, as far as a phone says. Empty: any."`
	MinIOS             string   `key:"min_ios" default:"11.0" doc:"Oldest iOS that may be activated, as far as a phone says. Empty: any."`
	AllowRooted        bool     `key:"allow_rooted" default:"false" doc:"Whether a phone that says it is rooted or jailbroken may be activated."`
	AllowNoScreenLock  bool     `key:"allow_no_screen_lock" default:"false" doc:"Whether a phone that says it has no screen lock may be activated."`
	PasswordMinLength  int      `key:"password_min_length" default:"12" min:"8" max:"64" doc:"Fewest characters of a new password."`
	SessionLifetime    Duration `key:"session_lifetime" default:"12h" min:"5m" max:"720h" doc:"How long a signed-in browser stays so at most."`
	SessionIdle        Duration `key:"session_idle" default:"30m" min:"1m" max:"720h" doc:"How long it stays so without a request."`
}

// PushConfig says how phones are woken that do not have the app open.
type PushConfig struct {
	Web         bool   `key:"web" default:"true" doc:"Whether phones are woken by Web Push. It needs https to the push services of the phones' browsers, without a proxy between, and nobody's account. Off: a request is seen once the app is opened."`
	Subject     string `key:"subject" default:"" doc:"Where push services find whoever runs this server: mailto: with an address, or an https address. Empty: portal_host."`
	Services    string `key:"services" default:"fcm.googleapis.com, jmt17.google.com, updates.push.services.mozilla.com, *.push.apple.com, *.notify.windows.com" doc:"Push services that messages may go to, by host name with commas between; *. before a name stands for all hosts below it. What they resolve to must be a public address."`
	OwnServices string `key:"own_services" default:"" doc:"Push services of your own, such as push.example.com or push.example.com:8443. They alone may be in a private network. With =10.1.2.3:8443 behind it, one is reached there and its name is not looked up."`
	CARoots     string `key:"ca_roots" default:"" doc:"PEM file of roots to trust when talking to push services, ntfy servers and the gateway. Empty: the system's."`

	Ntfy      string `key:"ntfy" default:"" doc:"ntfy servers that a phone may name a topic of, such as ntfy.example.com or ntfy.example.com:8443, with commas between. One with =10.1.2.3:8443 behind it may be in a private network, and is reached there. So is one that push.own_services names too. Empty: none."`
	NtfyToken string `key:"ntfy_token" default:"" secret:"true" doc:"Access token for the ntfy server, of which there must be only one then."`

	Webhook       string `key:"webhook" default:"" doc:"Address of a gateway of your own that is told of every request that may wake a phone: https, or http on this machine. docs/webhook.md says what it gets. Empty: none."`
	WebhookSecret string `key:"webhook_secret" default:"" secret:"true" doc:"What messages to the gateway are signed with: whsec_ and 24 to 64 random bytes in base64. Two with a space between, the new one first, while it is being changed."`
}
