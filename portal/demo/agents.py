"""What taps with: apps of people on one side, programmes on the other."""

from dataclasses import dataclass

ANDROID = "Mozilla/5.0 (Linux; Android {version}; {model} Build/{build}; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
GALAXY = ANDROID.format(version="15", model="SM-A256B", build="AP3A.240905.015.A2")
PIXEL = ANDROID.format(version="16", model="Pixel 8", build="BP2A.250805.005")

PEOPLE: dict[str, tuple[str, ...]] = {
    "instagram": (
        f"{GALAXY} Chrome/140.0.7339.51 Mobile Safari/537.36 Instagram 401.0.0.48.79 Android (35/15; 450dpi; 1080x2125; samsung; "
        "SM-A256B; a25x; s5e8825; en_GB; 796871546)",
        f"{PIXEL} Chrome/140.0.7339.51 Mobile Safari/537.36 Instagram 401.0.0.48.79 Android (36/16; 420dpi; 1080x2205; "
        "Google/google; Pixel 8; shiba; shiba; en_GB; 796871546)",
        f"{IPHONE} Mobile/22G86 Instagram 400.0.0.27.86 (iPhone15,2; iOS 18_6; en_GB; en-GB; scale=3.00; 1179x2556; 792434126)",
    ),
    "facebook": (
        f"{GALAXY} Chrome/140.0.7339.51 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/530.0.0.48.74;]",
        f"{IPHONE} Mobile/22G86 [FBAN/FBIOS;FBAV/529.0.0.44.107;FBDV/iPhone14,7;FBMD/iPhone;FBSN/iOS;FBSV/18.6;FBOP/5]",
    ),
    "tiktok": (
        f"{GALAXY} Chrome/140.0.7339.51 Mobile Safari/537.36 trill_2024109030 JsSdk/1.0 NetType/4G Channel/googleplay "
        "AppName/musical_ly app_version/41.9.3 ByteLocale/en BytedanceWebview/d8a21c6",
        f"{IPHONE} Mobile/22G86 musical_ly_41.9.0 JsSdk/2.0 NetType/4G Channel/App Store ByteLocale/en BytedanceWebview/d8a21c6",
    ),
    "linkedin": (
        f"{PIXEL} Chrome/140.0.7339.51 Mobile Safari/537.36 [LinkedInApp]",
        f"{IPHONE} Mobile/22G86 [LinkedInApp]/9.31.4521",
    ),
    "phone": (
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
        f"{IPHONE} Version/18.6 Mobile/15E148 Safari/604.1",
    ),
    "desk": (
        f"{WINDOWS} Chrome/140.0.0.0 Safari/537.36",
        f"{WINDOWS} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
        "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
    ),
}

META = "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"
PREVIEWS: dict[str, tuple[str, ...]] = {
    "meta": (META, "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)"),
    "whatsapp": ("WhatsApp/2.23.20.0", "WhatsApp/2.24.16.76 A"),
    "linkedin": ("LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",),
    "x": ("Twitterbot/1.0",),
    "chat": (
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "TelegramBot (like TwitterBot)",
        "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    ),
}
BOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
    "python-requests/2.32.4",
    "curl/8.14.1",
    "",
)
GATEWAYS = (
    "Mozilla/5.0 (compatible; Barracuda Sentinel (EE))",
    f"{WINDOWS} Chrome/131.0 Safari/537.36 Mimecast-URL-Protect",
)


@dataclass(frozen=True)
class Mix:
    """Whom a channel brings."""

    people: dict[str, float]
    """Families of `PEOPLE` and their weights."""
    preview: str
    """The family of `PREVIEWS` that looks at links there."""
    referrers: tuple[str, ...] = ("",)


MIXES = {
    "instagram": Mix({"instagram": 94, "phone": 6}, "meta", ("l.instagram.com", "instagram.com", "")),
    "facebook": Mix({"facebook": 82, "phone": 6, "desk": 12}, "meta", ("l.facebook.com", "lm.facebook.com", "m.facebook.com")),
    "tiktok": Mix({"tiktok": 96, "phone": 4}, "chat"),
    "linkedin": Mix({"linkedin": 46, "desk": 50, "phone": 4}, "linkedin", ("www.linkedin.com", "")),
    "x": Mix({"phone": 60, "desk": 40}, "x", ("t.co",)),
    "whatsapp": Mix({"phone": 92, "desk": 8}, "whatsapp"),
    "indeed": Mix({"phone": 64, "desk": 36}, "chat", ("uk.indeed.com",)),
    "email": Mix({"phone": 48, "desk": 52}, "chat", ("", "", "mail.google.com", "outlook.live.com")),
    "sms": Mix({"phone": 100}, "whatsapp"),
    "qr": Mix({"phone": 100}, "chat"),
    "referral": Mix({"phone": 70, "desk": 30}, "whatsapp"),
    "careers": Mix({"phone": 40, "desk": 60}, "chat", ("northgate.example",)),
}

LANGUAGES = {"en-gb": 71, "en-us": 8, "pl-pl": 6, "ro-ro": 5, "pt-pt": 4, "es-es": 2, "ar": 2, "hi-in": 1, "uk-ua": 1}
