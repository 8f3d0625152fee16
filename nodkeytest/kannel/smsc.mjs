// A message centre after SMPP 3.4, as package kannel says. It takes every text message and tells of each in a line of JSON on its
// output: {port} first, then {bound} and {short}. It ends when its input does.
import smpp from "smpp";

const { decode } = smpp.filters.message;
smpp.filters.message.decode = function (value, ...rest) {
  const whole = Buffer.from(value);
  const read = decode.call(this, value, ...rest);
  return typeof read === "object" && read !== null ? { ...read, octets: whole.toString("hex") } : read;
};

let last = 0;
const server = smpp.createServer((session) => {
  const welcome = (pdu) => {
    session.send(pdu.response({ system_id: "centre" }));
    say({ bound: true });
  };
  session.on("bind_transceiver", welcome);
  session.on("bind_transmitter", welcome);
  session.on("bind_receiver", welcome);
  session.on("enquire_link", (pdu) => session.send(pdu.response()));
  session.on("unbind", (pdu) => {
    session.send(pdu.response());
    session.close();
  });
  session.on("submit_sm", (pdu) => {
    const { octets, message, udh } = pdu.short_message;
    say({
      short: {
        from: pdu.source_addr,
        to: pdu.destination_addr,
        coding: pdu.data_coding,
        class: pdu.esm_class,
        octets,
        headers: (udh ?? []).map((element) => element.toString("hex")),
        text: message,
      },
    });
    session.send(pdu.response({ message_id: String((last += 1)) }));
  });
  session.on("error", (fault) => console.error(fault));
});
server.listen(0, "127.0.0.1", () => say({ port: server.address().port }));
process.stdin.on("end", () => process.exit(0)).resume();

function say(what) {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}
