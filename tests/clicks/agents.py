# ruff: noqa: E501 - as they are sent
"""User agents as they are met. People first: not one of them may be taken for a crawler."""

INSTAGRAM = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 "
    "Instagram 335.0.3.32.95 (iPhone14,5; iOS 17_5_1; en_GB; en; scale=3.00; 1170x2532; 609775437)"
)
WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
BLINK = "AppleWebKit/537.36 (KHTML, like Gecko)"
IPHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {WEBKIT}"

PEOPLE = [
    ("Instagram", INSTAGRAM),
    (
        "Instagram",
        f"Mozilla/5.0 (Linux; Android 14; Pixel 7 Build/AP2A.240805.005; wv) {BLINK} Version/4.0 Chrome/127.0.6533.103 Mobile "
        "Safari/537.36 Instagram 344.0.0.33.92 Android (34/14; 420dpi; 1080x2201; Google/google; Pixel 7; panther; panther; en_US; 636)",
    ),
    (
        "Instagram",
        f"Mozilla/5.0 (Linux; Android 15; CPH2557 Build/AP3A.240617.008; wv) {BLINK} Version/4.0 Chrome/142.0.7444.142 Mobile "
        "Safari/537.36 Instagram 406.0.0.58.159 Android (35/15; 480dpi; 1080x2400; OPPO; CPH2557; OP573DL1; mt6833; en_MY; 822918295)",
    ),
    (
        "Instagram",
        "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 "
        "Instagram 302.0.0.23.113 (iPad11,6; iPadOS 16_6; de_DE; de; scale=2.00; 750x1334; 517655107)",
    ),
    (
        "Facebook",
        f"{IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/466.0.0.36.102;FBBV/601211789;FBDV/iPhone15,3;FBMD/iPhone;FBSN/iOS;FBSV/17.5;FBSS/3;"
        "FBID/phone;FBLC/en_GB;FBOP/5;FBRV/603459102;IABMV/1]",
    ),
    (
        "Facebook",
        f"Mozilla/5.0 (Linux; Android 13; SM-A536B Build/TP1A.220624.014; wv) {BLINK} Version/4.0 Chrome/126.0.6478.122 Mobile "
        "Safari/537.36 [FB_IAB/FB4A;FBAV/470.0.0.48.75;IABMV/1;]",
    ),
    (
        "Facebook",
        f"Mozilla/5.0 (Linux; Android 16; Pixel 10 Pro XL Build/CP1A.260305.018; wv) {BLINK} Version/4.0 Chrome/146.0.7680.174 Mobile "
        "Safari/537.36 MetaIAB Facebook",
    ),
    (
        "Messenger",
        f"{IPHONE} Mobile/15E148 [FBAN/MessengerForiOS;FBAV/467.0.0.27.107;FBBV/611150410;FBDV/iPhone13,2;FBMD/iPhone;FBSN/iOS]",
    ),
    (
        "Messenger",
        f"Mozilla/5.0 (Linux; Android 12; M2101K6G Build/SKQ1.210908.001; wv) {BLINK} Version/4.0 Chrome/125.0.6422.165 Mobile "
        "Safari/537.36 [FB_IAB/Orca-Android;FBAV/460.0.0.28.109;]",
    ),
    ("Threads", f"{IPHONE} Mobile/15E148 Barcelona 338.0.0.30.109 (iPhone14,7; iOS 17_5; en_GB; en; scale=3.00; 1170x2532)"),
    (
        "TikTok",
        f"{IPHONE} Mobile/15E148 musical_ly_34.9.0 JsSdk/2.0 NetType/WIFI Channel/App Store ByteLocale/en Region/GB "
        "isDarkMode/0 WKWebView/1 BytedanceWebview/d8a21c6",
    ),
    (
        "TikTok",
        f"Mozilla/5.0 (Linux; Android 13; SM-S911B Build/TP1A.220624.014; wv) {BLINK} Version/4.0 Chrome/126.0.6478.71 Mobile "
        "Safari/537.36 trill_340904 JsSdk/1.0 NetType/WIFI Channel/googleplay AppName/trill app_version/34.9.4 ByteLocale/en "
        "ByteFullLocale/en Region/GB AppId/1180 Spark/1.5.8 AppVersion/34.9.4 BytedanceWebview/d8a21c6",
    ),
    ("Snapchat", f"{IPHONE} Version/17.5 Mobile/15E148 Safari/604.1 Snapchat/12.95.0.43 (like Safari/8618.2.12.10.9, panda)"),
    (
        "Snapchat",
        f"Mozilla/5.0 (Linux; Android 14; SM-G991B Build/UP1A.231005.007; wv) {BLINK} Version/4.0 Chrome/126.0.6478.71 Mobile "
        "Safari/537.36 Snapchat/12.96.0.34 (SM-G991B; Android 14#G991BXXSBFXE5#34; gzip; )",
    ),
    ("LinkedIn", f"{IPHONE} Mobile/15E148 [LinkedInApp]/9.29.8962"),
    (
        "LinkedIn",
        f"Mozilla/5.0 (Linux; Android 13; Pixel 6a Build/TQ3A.230805.001; wv) {BLINK} Version/4.0 Chrome/126.0.6478.72 Mobile "
        "Safari/537.36 [LinkedInApp]/4.1.955",
    ),
    (
        "WeChat",
        f"{IPHONE} Mobile/15E148 MicroMessenger/8.0.49(0x18003137) NetType/WIFI Language/zh_CN",
    ),
    (
        "WeChat",
        f"Mozilla/5.0 (Linux; Android 13; V2241A Build/TP1A.220624.014; wv) {BLINK} Version/4.0 Chrome/116.0.0.0 Mobile "
        "Safari/537.36 XWEB/1160065 MMWEBSDK/20231202 MMWEBID/2247 MicroMessenger/8.0.47.2560(0x28002F36) WeChat/arm64 NetType/4G",
    ),
    (
        "WhatsApp",
        f"Mozilla/5.0 (Linux; Android 14; SM-A546B Build/UP1A.231005.007; wv) {BLINK} Version/4.0 Chrome/127.0.6533.64 Mobile "
        "Safari/537.36 WhatsApp/2.24.15.78",
    ),
    ("X", f"{IPHONE} Mobile/15E148 Twitter for iPhone/10.47.1"),
    ("Pinterest", f"{IPHONE} Mobile/15E148 [Pinterest/iOS]"),
    (
        "Line",
        f"Mozilla/5.0 (Linux; Android 13; SO-52C Build/65.2.A.2.224; wv) {BLINK} Version/4.0 Chrome/126.0.6478.122 Mobile "
        "Safari/537.36 Line/14.10.0/IAB",
    ),
    (
        "Telegram",
        f"Mozilla/5.0 (Linux; Android 14; K) {BLINK} Chrome/127.0.6533.103 Mobile Safari/537.36 Telegram-Android/11.0.0 "
        "(Xiaomi 2201117TY; Android 14; SDK 34; AVERAGE)",
    ),
    ("Google app", f"{IPHONE} GSA/323.0.647062479 Mobile/15E148 Safari/604.1"),
    ("Safari", f"{IPHONE} Version/17.5 Mobile/15E148 Safari/604.1"),
    ("App on iOS", f"{IPHONE} Mobile/15E148"),
    ("Chrome", f"Mozilla/5.0 (Linux; Android 10; K) {BLINK} Chrome/127.0.0.0 Mobile Safari/537.36"),
    ("Chrome", f"Mozilla/5.0 (Linux; Android 13; CUBOT X70) {BLINK} Chrome/120.0.0.0 Mobile Safari/537.36"),
    ("Chrome", f"{IPHONE} CriOS/127.0.6533.77 Mobile/15E148 Safari/604.1"),
    (
        "Samsung Internet",
        f"Mozilla/5.0 (Linux; Android 14; SM-S918B) {BLINK} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
    ),
    ("Firefox", "Mozilla/5.0 (Android 14; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0"),
    ("Edge", f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {BLINK} Chrome/127.0.0.0 Safari/537.36 Edg/127.0.2651.74"),
    ("Chrome", f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {BLINK} Chrome/127.0.0.0 Safari/537.36"),
    ("Firefox", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
    (
        "Instagram",
        "Mozilla/5.0 (Linux; Android 7.0; LG-TP260 Build/NRD90U; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Version/4.0 Chrome/64.0.3282.137 Mobile Safari/537.36 Instagram 33.0.0.11.92 Android (24/7.0; 320dpi; "
        "720x1193; LGE/lge; LG-TP260; lv517; lv517; en_US; 93117667)",
    ),
    (
        "Instagram",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 11_2_5 like Mac OS X) AppleWebKit/604.5.6 (KHTML, like Gecko) Mobile/15D60 "
        "Instagram 33.0.0.11.96 (iPhone9,3; iOS 11_2_5; en_AU; en-AU; scale=2.00; gamut=wide; 750x1334)",
    ),
    (
        "Messenger",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 10_2_1 like Mac OS X) AppleWebKit/602.4.6 (KHTML, like Gecko) Mobile/14D27 "
        "[FBAN/MessengerForiOS;FBAV/124.0.0.50.70;FBBV/63293619;FBDV/iPhone7,1;FBMD/iPhone;FBSN/iOS;FBSV/10.2.1;FBSS/3;"
        "FBCR/Viettel;FBID/phone;FBLC/vi_VN;FBOP/5;FBRV/0]",
    ),
    (
        "Messenger",
        "Mozilla/5.0 (Linux; Android 6.0.1; SM-A910F Build/MMB29M; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Version/4.0 Chrome/58.0.3029.83 Mobile Safari/537.36 [FB_IAB/MESSENGER;FBAV/120.0.0.14.84;]",
    ),
    (
        "Pinterest",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 6_1_4 like Mac OS X) AppleWebKit/536.26 (KHTML, like Gecko) Mobile/10B350 "
        "[Pinterest/iOS]",
    ),
    (
        "Line",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 11_0 like Mac OS X) AppleWebKit/604.1.38 (KHTML, like Gecko) Mobile/15A372 "
        "Safari Line/7.12.0",
    ),
    (
        "Line",
        "Mozilla/5.0 (Linux; Android 5.1; FTJ152B Build/LMY47D; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
        "Chrome/51.0.2704.81 Mobile Safari/537.36 Line/6.4.1",
    ),
    (
        "Telegram",
        "Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/144.0.7559.109 Safari/537.36 "
        "Telegram-Android/12.3.1 (Samsung SM-X115; Android 16; SDK 36; AVERAGE)",
    ),
    (
        "Telegram",
        "Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/144.0.7559.132 Safari/537.36 "
        "Telegram-Android/12.4.1 (Xiaomi 2405CRPFDG; Android 15; SDK 35; HIGH)",
    ),
    (
        "TikTok",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_3_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/17.3.1 Mobile/15E148 Safari/604.1 musical_ly_34.3.1 JsSdk/2.0 NetType/4G Channel/App Store "
        "ByteLocale/en Region/US isDarkMode/1 WKWebView/1 RevealType/Dialog",
    ),
    (
        "TikTok",
        "Mozilla/5.0 (Linux; Android 10; moto g(7) Build/QP6_S30.52-23-13-4; wv) AppleWebKit/537.36 (KHTML, like "
        "Gecko) Version/4.0 Chrome/108.0.5359.128 Mobile Safari/537.36 musical_ly_2022704050 JsSdk/1.0 NetType/WIFI "
        "Channel/googleplay AppName/musical_ly app_version/27.4.5 ByteLocale/en ByteFullLocale/en Region/US "
        "Spark/1.2.4-alpha.5 AppVersion/27.4.5 PIA/1.5.10 BytedanceWebview/d8a21c6",
    ),
    (
        "TikTok",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Mobile/15E148 BytedanceWebview/d8a21c6 trill_34.9.0 JsSdk/2.0 NetType/4G Channel/App Store ByteLocale/en "
        "Region/MY FalconTag/31CFA6E0-CAE5-4ECF-A13A-ADFCAFC2428F",
    ),
    (
        "KakaoTalk",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 "
        "Safari/604.1 KAKAOTALK/11.3.1 (INAPP)",
    ),
    (
        "KakaoTalk",
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/131.0.0.0 Mobile "
        "Safari/537.36 KAKAOTALK/10.2.3 (INAPP)",
    ),
    (
        "Snapchat",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 11_2_6 like Mac OS X) AppleWebKit/604.5.6 (KHTML, like Gecko) "
        "Snapchat/10.38.0.25 (iPhone8,1; iOS 11.2.6; gzip)",
    ),
    (
        "X",
        "Mozilla/5.0 (Linux; Android 9; Nokia 2.1 Build/PKQ1.181105.001; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Version/4.0 Chrome/74.0.3729.157 Mobile Safari/537.36 TwitterAndroid",
    ),
    (
        "X",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 11_2_1 like Mac OS X) AppleWebKit/604.4.7 (KHTML, like Gecko) "
        "Mobile/15C153 Twitter for iPhone/7.19",
    ),
    (
        "Google app",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 11_0_2 like Mac OS X) AppleWebKit/604.1.34 (KHTML, like Gecko) "
        "GSA/36.0.169645775 Mobile/15A421 Safari/604.1",
    ),
    (
        "Google app",
        "Mozilla/5.0 (Linux; Android 8.1.0; TA-1024 Build/OPR1.170623.026; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Version/4.0 Chrome/71.0.3578.99 Mobile Safari/537.36 GSA/8.65.5.21.arm64",
    ),
    (
        "Google app",
        "Mozilla/5.0 (Linux; Android 8.0.0; SM-G960F Build/R16NW; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Version/4.0 Chrome/71.0.3578.99 Mobile Safari/537.36 GSA/8.65.5.21.arm64",
    ),
    (
        "WeChat",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/107.0.0.0 "
        "Safari/537.36 NetType/WIFI MicroMessenger/6.8.0(0x16080000) MacWechat/3.8.10(0x13080a10) XWEB/1227",
    ),
    (
        "WeChat",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 "
        "Safari/537.36 NetType/WIFI MicroMessenger/7.0.20.1781(0x6700143B) WindowsWechat(0x63090c33) XWEB/14315",
    ),
    (
        "Chrome",
        "Mozilla/5.0 (Linux; Android 4.2.2; HTC Butterfly s Build/JDQ39) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/29.0.1547.72 Mobile Safari/537.36",
    ),
    (
        "Android",
        "Mozilla/5.0 (Linux; U; Android 2.3;en-us; ViewSonic-ViewPad7e Build/ERE27) AppleWebKit/533.1 (KHTML, Like "
        "Gecko) Version/4.0 Mobile Safari/533.1",
    ),
    (
        "Facebook",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 11_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Mobile/15G77 "
        "[FBAN/FBIOS;FBAV/194.0.0.38.99;FBBV/127868476;FBDV/iPhone7,2;FBMD/iPhone;FBSN/iOS;FBSV/11.4.1;FBSS/2;FBCR/Oran"
        "geBotswana;FBID/phone;FBLC/en_GB;FBOP/5;FBRV/128807018]",
    ),
    (
        "Facebook",
        "Mozilla/5.0 (Linux; Android 5.1; A33w Build/LMY47I; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
        "Chrome/80.0.3987.162 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/264.0.0.44.111;]",
    ),
    (
        "Facebook",
        "Mozilla/5.0 (iPad; CPU OS 10_0_2 like Mac OS X) AppleWebKit/602.1.50 (KHTML, like Gecko) Mobile/14A456 "
        "[FBAN/FBIOS;FBAV/68.0.0.49.70;FBBV/41924288;FBRV/0;FBDV/iPad4,1;FBMD/iPad;FBSN/iOS;FBSV/10.0.2;FBSS/2;FBCR/;FB"
        "ID/tablet;FBLC/en_US;FBOP/5]",
    ),
    ("Viber", f"{IPHONE} Version/17.5 Mobile/15E148 Safari/604.1 Viber/22.9.0"),
    (
        "Chrome",
        f"Mozilla/5.0 (Linux; Android 11; Ultra Sonic 5 Build/RP1A.200720.011) {BLINK} Chrome/126.0.0.0 Mobile Safari/537.36",
    ),
    ("DuckDuckGo", f"{IPHONE} Version/17.5 Mobile/15E148 DuckDuckGo/7 Safari/605.1.15"),
    ("Opera", f"Mozilla/5.0 (Linux; Android 10; K) {BLINK} Chrome/126.0.0.0 Mobile Safari/537.36 OPR/83.0.0.0"),
    (
        "Safari",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
    ),
]

OTHERS = [
    ("link_preview", "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"),
    ("link_preview", "facebookexternalhit/1.1;line-poker/1.0"),
    ("link_preview", "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)"),
    ("link_preview", "meta-externalfetcher/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)"),
    (
        "link_preview",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 Safari/601.2.4 "
        "facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    ),
    ("link_preview", "Twitterbot/1.0"),
    ("link_preview", "WhatsApp/2.23.20.0 A"),
    ("link_preview", "WhatsApp/2.2428.12 W"),
    ("link_preview", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"),
    ("link_preview", "Slack-ImgProxy (+https://api.slack.com/robots)"),
    ("link_preview", "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)"),
    ("link_preview", "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)"),
    ("link_preview", "TelegramBot (like TwitterBot)"),
    ("link_preview", "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com"),
    ("link_preview", "Mozilla/5.0 (compatible; Pinterestbot/1.0; +http://www.pinterest.com/bot.html)"),
    ("crawler", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
    ("crawler", "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"),
    ("crawler", "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)"),
    ("library", "curl/8.5.0"),
    ("library", "Wget/1.21.4"),
    ("library", "python-requests/2.32.3"),
    ("library", "Go-http-client/2.0"),
    ("library", "okhttp/4.12.0"),
    ("library", "axios/1.7.2"),
    ("library", f"Mozilla/5.0 (X11; Linux x86_64) {BLINK} HeadlessChrome/127.0.0.0 Safari/537.36"),
    ("monitor", "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)"),
    ("monitor", "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)"),
    ("probe", "Mozilla/5.0 (compatible; CensysInspect/1.1; +https://about.censys.io/)"),
    ("mail_gateway", "Mozilla/5.0 (compatible; Barracuda Sentinel (EE))"),
    ("no_user_agent", ""),
    ("no_user_agent", "   "),
    ("odd_user_agent", "Mozilla/5.0"),
    ("odd_user_agent", "-"),
    ("odd_user_agent", "() { :; }; echo"),
    ("odd_user_agent", "asdfghjkl"),
    ("link_preview", "Mozilla/4.0 (compatible; ms-office; MSOffice 16)"),
    ("link_preview", "Microsoft Office Existence Discovery"),
    ("link_preview", "Snap URL Preview Service; bot; snapchat; https://developers.snap.com/robots"),
    ("link_preview", "Viber"),
    ("link_preview", "Iframely/1.3.1 (+https://iframely.com/docs/about)"),
    (
        "link_preview",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.1.1 Safari/605.1.15 "
        "(Applebot/0.1; +http://www.apple.com/go/applebot)",
    ),
    (
        "crawler",
        f"Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) {BLINK} Chrome/126.0.6478.126 Mobile Safari/537.36 "
        "(compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    ),
    (
        "crawler",
        f"Mozilla/5.0 (Linux; Android 7.0;) {BLINK} Mobile Safari/537.36 (compatible; PetalBot;+https://webmaster.petalsearch.com/site/petalbot)",
    ),
    ("crawler", "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)"),
    ("crawler", "Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)"),
    ("crawler", "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)"),
    ("crawler", "DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)"),
    (
        "crawler",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 7_0 like Mac OS X) AppleWebKit/537.51.1 (KHTML, like Gecko) Mobile/11A465 "
        "Twitter for iPhone BrandVerity/1.0 (http://www.brandverity.com/why-is-brandverity-visiting-me)",
    ),
    ("odd_user_agent", "Java/17.0.11"),
    ("library", "Apache-HttpClient/4.5.14 (Java/17.0.11)"),
    ("library", "aiohttp/3.9.5"),
    ("library", "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)"),
    ("mail_gateway", f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {BLINK} Chrome/131.0.0.0 Safari/537.36 Mimecast-URL-Protect"),
    ("mail_gateway", "Proofpoint URL Defense"),
    ("mail_gateway", "FortiMail/7.4"),
]
