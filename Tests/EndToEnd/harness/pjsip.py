"""A phone on PJSIP's stack: pjsip.py NUMBER PASSWORD DOMAIN EXCHANGE OWN_ADDRESS TRANSPORT SPEECH FOLDER [OPTION…]

EXCHANGE is the URI that all requests go to, SPEECH the WAV file that it says in each call; FOLDER gets a recording
for each. Options: reliable (insists on 100rel), timers (insists on session timers), waiting (asks for waiting
messages), ice, srtp-must and srtp-may (keys by SDES). Takes a command a line on standard input and answers each with a line of JSON; `report` tells all that has
happened.
"""

import json
import os
import select
import sys

import pjsua2 as pj

KINDS = {"udp": pj.PJSIP_TRANSPORT_UDP, "tcp": pj.PJSIP_TRANSPORT_TCP, "tls": pj.PJSIP_TRANSPORT_TLS}


class Call(pj.Call):
    def __init__(self, account, number, call_id=pj.PJSUA_INVALID_ID):
        super().__init__(account, call_id)
        self.index, self.state, self.status, self.transfers = number, "", 0, []
        self.player = self.recorder = None
        # Keys that it was told of, each with the way: 0 is RFC 4733, 1 is INFO.
        self.keys = []

    def onDtmfDigit(self, news):
        self.keys.append([news.digit, news.method])

    def onCallState(self, _):
        info = self.getInfo()
        self.state, self.status = info.stateText, info.lastStatusCode
        if info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            # A recording gets its header when its recorder goes.
            self.player = self.recorder = None

    def onCallMediaState(self, _):
        info = self.getInfo()  # its parts live as long as it does
        for index, media in enumerate(info.media):
            # Who is held may be given music.
            hears = media.status in (pj.PJSUA_CALL_MEDIA_ACTIVE, pj.PJSUA_CALL_MEDIA_REMOTE_HOLD)
            if media.type != pj.PJMEDIA_TYPE_AUDIO or not hears:
                continue
            audio = self.getAudioMedia(index)
            if self.player is None:
                self.player, self.recorder = pj.AudioMediaPlayer(), pj.AudioMediaRecorder()
                self.player.createPlayer(SPEECH, pj.PJMEDIA_FILE_NO_LOOP)
                self.recorder.createRecorder(f"{FOLDER}/heard-{self.index}.wav")
            self.player.startTransmit(audio)
            audio.startTransmit(self.recorder)

    def onCallTransferStatus(self, news):
        self.transfers.append(news.statusCode)
        news.cont = not news.finalNotify


class Account(pj.Account):
    def __init__(self):
        super().__init__()
        self.calls, self.status, self.messages, self.delivered, self.waiting = [], 0, [], [], []
        self.answers = 200

    def onRegState(self, news):
        self.status = news.code

    def onIncomingCall(self, news):
        call = Call(self, len(self.calls), news.callId)
        self.calls.append(call)
        say(call, 180)
        if self.answers != 180:
            say(call, self.answers)

    def onInstantMessage(self, news):
        self.messages.append([news.fromUri, news.msgBody])

    def onInstantMessageStatus(self, news):
        self.delivered.append(news.code)

    def onMwiInfo(self, news):
        self.waiting.append(news.rdata.wholeMsg.partition("\r\n\r\n")[2])


def say(call, status):
    operation = pj.CallOpParam(True)
    operation.statusCode = status
    call.answer(operation)


def settings():
    made = pj.EpConfig()
    made.uaConfig.threadCnt, made.uaConfig.mainThreadOnly, made.uaConfig.maxCalls = 0, True, 4
    made.logConfig.level, made.logConfig.consoleLevel = 5, 0
    made.logConfig.filename = f"{FOLDER}/log"
    made.medConfig.noVad, made.medConfig.clockRate, made.medConfig.threadCnt = True, 8000, 1
    made.medConfig.ecTailLen = 0
    return made


def account_settings(number, password, domain, exchange, own, transport, options):
    made = pj.AccountConfig()
    made.idUri, made.regConfig.registrarUri = f"sip:{number}@{domain}", f"sip:{domain}"
    made.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", number, 0, password))
    made.sipConfig.proxies.append(f"<{exchange};lr>")
    made.sipConfig.transportId = transport
    made.mediaConfig.transportConfig.boundAddress = own
    made.natConfig.iceEnabled = "ice" in options
    made.mwiConfig.enabled = "waiting" in options
    if "srtp-must" in options or "srtp-may" in options:
        must = "srtp-must" in options
        made.mediaConfig.srtpUse = pj.PJMEDIA_SRTP_MANDATORY if must else pj.PJMEDIA_SRTP_OPTIONAL
        made.mediaConfig.srtpOpt.keyings.append(pj.PJMEDIA_SRTP_KEYING_SDES)
    if "reliable" in options:
        made.callConfig.prackUse = pj.PJSUA_100REL_MANDATORY
    if "timers" in options:
        made.callConfig.timerUse = pj.PJSUA_SIP_TIMER_REQUIRED
        made.callConfig.timerSessExpiresSec = made.callConfig.timerMinSESec = 90
    return made


def main(number, password, domain, exchange, own, transport, speech, folder, *options):
    global SPEECH, FOLDER
    SPEECH, FOLDER = speech, folder
    # The library writes to standard output before it can be told not to.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    endpoint.libInit(settings())
    place = pj.TransportConfig()
    place.boundAddress = own
    way = endpoint.transportCreate(KINDS[transport], place)
    endpoint.libStart()
    endpoint.audDevManager().setNullDev()
    speaks = "G722/" if "g722" in options else "PCMU/"
    for codec in endpoint.codecEnum2():
        endpoint.codecSetPriority(codec.codecId, 255 if codec.codecId.startswith(speaks) else 0)
    account = Account()
    account.create(account_settings(number, password, domain, exchange, own, way, options))

    def target(user):
        return f"sip:{user}@{domain}"

    def dial(user):
        call = Call(account, len(account.calls))
        account.calls.append(call)
        call.makeCall(target(user), pj.CallOpParam(True))
        return call.index

    def resume(index):
        operation = pj.CallOpParam(True)
        operation.opt.flag = pj.PJSUA_CALL_UNHOLD
        account.calls[int(index)].reinvite(operation)

    def keys(index, digits, way):
        call = account.calls[int(index)]
        if way == "tones":
            call.generator, wanted = pj.ToneGenerator(), pj.ToneDigitVector()
            call.generator.createToneGenerator(8000, 1)
            for symbol in digits:
                digit = pj.ToneDigit()
                digit.digit, digit.on_msec, digit.off_msec, digit.volume = symbol, 100, 100, 0
                wanted.append(digit)
            # Nobody speaks while keys are pressed.
            audio = call.getAudioMedia(-1)
            call.player.stopTransmit(audio)
            call.generator.startTransmit(audio)
            return call.generator.playDigits(wanted)
        made = pj.CallSendDtmfParam()
        made.digits, made.duration = digits, 160
        made.method = pj.PJSUA_DTMF_METHOD_SIP_INFO if way == "info" else pj.PJSUA_DTMF_METHOD_RFC2833
        call.sendDtmf(made)

    def message(user, *words):
        buddy, what = pj.BuddyConfig(), pj.SendInstantMessageParam()
        buddy.uri, what.content = target(user), " ".join(words)
        account.buddy = pj.Buddy()
        account.buddy.create(account, buddy)
        account.buddy.sendInstantMessage(what)

    def report():
        return {"registration": account.status, "messages": account.messages, "delivered": account.delivered,
                "waiting": account.waiting,
                "calls": [{"state": call.state, "status": call.status, "transfers": call.transfers,
                           "keys": call.keys,
                           "recording": f"{folder}/heard-{call.index}.wav"} for call in account.calls]}

    commands = {
        "report": report, "dial": dial, "resume": resume, "message": message, "keys": keys,
        "manner": lambda status: setattr(account, "answers", int(status)),
        "answer": lambda index: say(account.calls[int(index)], 200),
        "hold": lambda index: account.calls[int(index)].setHold(pj.CallOpParam(True)),
        "hang-up": lambda index: account.calls[int(index)].hangup(pj.CallOpParam()),
        "transfer": lambda index, user: account.calls[int(index)].xfer(target(user), pj.CallOpParam(True)),
        "join": lambda index, other: account.calls[int(index)].xferReplaces(
            account.calls[int(other)], pj.CallOpParam(True)),
    }
    rest = b""
    while True:
        endpoint.libHandleEvents(10)
        if not select.select([sys.stdin], [], [], 0)[0]:
            continue
        data = os.read(sys.stdin.fileno(), 4096)
        if not data:
            break
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            name, *arguments = line.decode().split()
            try:
                print(json.dumps(commands[name](*arguments)), file=answers)
            except pj.Error as fault:
                print(json.dumps({"error": fault.info()}), file=answers)
    for call in account.calls:
        call.player = call.recorder = call.generator = None
    endpoint.libDestroy()
    # Python would take apart what the library has already.
    os._exit(0)


main(*sys.argv[1:])
