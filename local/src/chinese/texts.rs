//! The texts of the help in Chinese, by what they say in English.

/// English and Chinese.
pub(super) const TEXTS: &[(&str, &str)] = &[
    (
        "Answer the callbacks of Huawei Cloud KooGallery on this machine, play the marketplace that sends them, or send one",
        "在本机应答华为云云商店的接口调用，扮演发送调用的云商店，或者发送一个调用",
    ),
    (
        "Show all that is known of an id: calls and their answers, events, and every try to deliver these",
        "显示关于一个 id 的全部信息：接口调用及其应答、事件，以及每次投递",
    ),
    (
        "The id of an order (also of a renewal, an upgrade or a refund), an instance, a license code, a tenant, or an event",
        "订单（包括续费、升级、退订）、实例、授权码、租户或事件的 id",
    ),
    ("Print the answer of the seller API, as JSON", "以 JSON 输出商家接口的应答"),
    (
        "Make the RSA key pair for the joint-operations kit: KooGallery encrypts client secrets with its public key",
        "生成联营 Kit 的 RSA 密钥对：云商店用公钥加密客户端密钥",
    ),
    ("Write the private key to this new file instead of printing it", "把私钥写入这个新文件，而不是输出"),
    (
        "Receive events in place of your application: check each signature, and show the event and the answer to it",
        "代替你的应用接收事件：校验每个签名，显示事件及其应答",
    ),
    ("The loopback port to listen on", "监听的本机端口"),
    (
        "Pass each event on to this address, unchanged, and answer as it answers",
        "把每个事件原样转发到这个地址，并返回它的应答",
    ),
    (
        "Show only events of this type, such as instance.created or instance.*; may be repeated",
        "只显示这种类型的事件，例如 instance.created 或 instance.*；可重复",
    ),
    ("Print each as a line of JSON", "每条输出一行 JSON"),
    (
        "Copy the file of `serve --data`, also while `serve` runs. docs/backup.md tells how to restore it",
        "复制 `serve --data` 的文件，`serve` 运行时也可以。恢复方法见 docs/backup.md",
    ),
    ("The copy. It must not exist yet", "副本，不能是已有的文件"),
    ("The file that `serve --data` works on", "`serve --data` 使用的文件"),
    (
        "Play the login that KooGallery gives to a buyer's users: an identity service for each enterprise, with OAuth 2.0 and CAS, the unified login page and the workbench",
        "扮演云商店为买家用户提供的登录：每个企业的身份服务（OAuth 2.0 和 CAS）、统一登录页和工作台",
    ),
    ("The address to listen on, of this machine", "监听的本机地址"),
    (
        "Where the demo application takes codes: the redirect address that is registered with the credential",
        "演示应用接收 code 的地址：应用凭证登记的重定向地址",
    ),
    ("Where it takes tickets of CAS", "它接收 CAS ticket 的地址"),
    (
        "Play the enterprises in this file instead of the demo ones: JSON in the form that docs/identity.md has",
        "使用这个文件里的企业，而不是演示企业：JSON，格式见 docs/identity.md",
    ),
    (
        "Tell the production address here about the enterprises, such as that of `serve`",
        "把企业通知给这个生产地址，例如 `serve` 的地址",
    ),
    (
        "Tell of them as Seller Console does once you applied for a credential: debug calls without instance, order and users, for a login with a test account",
        "像卖家中心在申请应用凭证后那样通知：不含实例、订单和用户的调试调用，用于测试账号登录",
    ),
    (
        "The RSA public key registered in KooGallery, as it is registered (base64) or as a file. It encrypts client secrets",
        "在云商店登记的 RSA 公钥：登记时的 base64，或者文件。用于加密客户端密钥",
    ),
    ("List who is told what waits, or send a test message", "列出待处理事项会告诉谁，或者发送一条测试消息"),
    ("List the destinations, and what each is not told", "列出目的地，以及各自不发送的种类"),
    (
        "Send a test message, and say which destination took it. Nothing is noted in the table",
        "发送一条测试消息，并说明哪些目的地接受了它。表中不作记录",
    ),
    ("Only to this destination [default: to all]", "只发送到这个目的地 [默认：全部]"),
    (
        "List the warnings that stand, acknowledge one, or snooze it. docs/orders.md has their causes",
        "列出现有的预警，确认或推迟某一条。原因见 docs/orders.md",
    ),
    ("List the warnings that stand", "列出现有的预警"),
    ("Only those for which it is too late before that time", "只列出在该时间之前到期的"),
    ("Print them as the seller API shows them, one JSON object a line", "按商家接口的形式输出，每行一个 JSON 对象"),
    ("End a warning: it is known, and not raised once more for the same cause", "确认预警：已知晓，同一原因不再提醒"),
    ("The warning's id", "预警的 id"),
    ("Why, without personal data", "原因，不含个人数据"),
    ("Have a warning raised once more at a time, unless its cause is gone", "推迟预警：到时再次提醒，除非原因已消失"),
    ("When", "时间"),
    ("Print what a shell needs to complete commands and options", "输出 shell 补全命令和选项所需的脚本"),
    ("The shell", "shell 的名称"),
    (
        "List which events your application does not have, have events delivered once more, or give parked ones up",
        "列出你的应用没有收到的事件，重新投递事件，或者放弃搁置的事件",
    ),
    (
        "List undelivered events; with a subject, all its events. Ends with 1 if nothing is known of the subject",
        "列出未投递的事件；指定对象时列出其全部事件。对象未知时以 1 结束",
    ),
    (
        "What the events are about, such as INSTANCE#b-1, ORDER#CS1, LICENSE#CODE or TENANT#t-1",
        "事件的对象，例如 INSTANCE#b-1、ORDER#CS1、LICENSE#CODE 或 TENANT#t-1",
    ),
    (
        "Print the events as the seller API shows them, one JSON object a line",
        "按商家接口的形式输出事件，每行一个 JSON 对象",
    ),
    (
        "Deliver events once more, whatever their delivery state. The deployment sends them, not this command",
        "重新投递事件，不论其投递状态。由部署发送，而不是本命令",
    ),
    ("All events of which a try failed", "投递失败过的所有事件"),
    ("The ids of the events", "事件的 id"),
    (
        "Give parked events up: they are counted no more. The history keeps the name of the token, and why",
        "放弃搁置的事件：不再计数。历史记录保留令牌的名称和原因",
    ),
    ("Why nobody needs them any more, without personal data", "为什么不再需要，不含个人数据"),
    (
        "List, park, resend and export hours of use, compare them with KooGallery's lists, and show or set what queryInstance tells",
        "列出、搁置、重新推送和导出用量小时，与云商店的话单核对，查看或设置 queryInstance 返回的用量",
    ),
    ("Show what queryInstance tells of an instance's use", "显示 queryInstance 返回的实例用量"),
    ("The instance's id", "实例的 id"),
    (
        "Set what queryInstance tells of an instance's use. KooGallery does not bill by it",
        "设置 queryInstance 返回的实例用量。云商店不按它计费",
    ),
    ("The amount, with at most 4 decimals", "用量，最多 4 位小数"),
    (
        "When it was counted, such as 2025-12-01T00:00:00Z [default: now]",
        "统计时间，例如 2025-12-01T00:00:00Z [默认：现在]",
    ),
    ("The instance of the package that the use belongs to", "用量所属套餐包的实例"),
    ("Where the buyer can see the use", "买家查看用量的地址"),
    ("List hours of use, and where each is on its way to KooGallery", "列出用量小时，以及每个小时推送到云商店的进度"),
    (
        "The instance's id [default: all; with a state other than unpushed and parked, each instance is asked about]",
        "实例的 id [默认：全部；状态不是 unpushed 和 parked 时，逐个实例查询]",
    ),
    ("Only hours in this state", "只列出这种状态的小时"),
    (
        "Say that KooGallery took an hour and does not count it, as Seller Console shows. Then it can be resent",
        "说明云商店接收了某个小时但没有计入，如卖家中心所示。之后可以重新推送",
    ),
    ("Why KooGallery does not count it", "云商店没有计入的原因"),
    (
        "Have a parked hour pushed once more, with the next run. It is never charged twice",
        "在下一次运行时重新推送搁置的小时。不会重复计费",
    ),
    (
        "Under another serial number: needed if KooGallery took it and did not count it",
        "使用另一个流水号：云商店接收但没有计入时需要",
    ),
    ("Write hours as CSV to the standard output", "把用量小时以 CSV 写到标准输出"),
    ("The instance's id [default: all]", "实例的 id [默认：全部]"),
    (
        "Compare hours with the list that Seller Console exports under 话单管理 (SDR management), or with lines of a bill",
        "把用量小时与卖家中心“话单管理”导出的话单或账单明细核对",
    ),
    ("The list; `-` is the standard input", "话单文件；`-` 表示标准输入"),
    (
        r#"A file with further titles and words, as JSON like `{"columns":{"instance":["…"]},"words":{"refused":["…"]}}`"#,
        r#"包含更多列名和用词的文件，JSON 形如 `{"columns":{"instance":["…"]},"words":{"refused":["…"]}}`"#,
    ),
    (
        "Report usage records to KooGallery as they are, if you meter by the hour yourself. KooGallery bills by them",
        "如果你自己按小时计量，把用量记录原样上报云商店。云商店按它们计费",
    ),
    (
        r#"A file with JSON like `{"usage_records":[…]}`; `-` is the standard input. docs/seller-api.md describes it"#,
        r#"JSON 文件，形如 `{"usage_records":[…]}`；`-` 表示标准输入。说明见 docs/seller-api.md"#,
    ),
    (
        "Only hours that begin then or later, such as 2025-12-01T00:00:00Z",
        "只列出从该时间起开始的小时，例如 2025-12-01T00:00:00Z",
    ),
    ("Only hours that begin then or before", "只列出该时间及之前开始的小时"),
    ("The beginning of the hour, as `usage list` shows it", "小时的开始时间，如 `usage list` 所示"),
    ("The instance of the package, for use of one", "套餐包的实例，用于套餐包的用量"),
    ("The part of the hour", "小时的分段"),
    ("All that are parked", "所有搁置的"),
    ("Sign one callback, send it and print the reply", "对一个接口调用签名、发送并输出应答"),
    (
        "The callback, such as newInstance, or tenantSync of the joint-operations kit",
        "接口，例如 newInstance，或联营 Kit 的 tenantSync",
    ),
    ("The production address", "生产地址"),
    ("The version of the protocol: V2.0 or V1.0", "协议版本：V2.0 或 V1.0"),
    (
        "Make an order that buys this productId; ids that are not given are made up",
        "生成购买这个 productId 的订单；没有给出的 id 会自动编造",
    ),
    ("Make an order that buys this skuCode", "生成购买这个 skuCode 的订单"),
    ("Make an order that buys so many", "生成购买这么多数量的订单"),
    ("Make an order of this buyer: the account's name", "生成这个买家的订单：账号名"),
    ("Print help; with an activity, its members", "输出帮助；指定接口时输出其参数"),
    (
        "Members of the body, or parameters of V1.0: key=value for a text, key:=json for anything else",
        "请求体的成员，或 V1.0 的参数：文本用 key=value，其他用 key:=json",
    ),
    (
        "Import statements that Seller Console exports: transaction details (交易明细), bills (账单), usage (话单), as CSV or XLSX",
        "导入卖家中心导出的对账文件：交易明细、账单、话单，CSV 或 XLSX",
    ),
    ("The files", "文件"),
    (
        r#"A file with a mapping, or a list of them, as JSON like `{"titles":"…","kind":"bill","columns":{"orderId":0},"currency":"CNY"}`"#,
        r#"包含一个或多个列映射的文件，JSON 形如 `{"titles":"…","kind":"bill","columns":{"orderId":0},"currency":"CNY"}`"#,
    ),
    ("Confirm the mappings that are shown, without a question", "不询问，直接确认显示的列映射"),
    (
        "The files have only a part of their months: a filter was set, or they are of one product type",
        "文件只包含月份的一部分：导出时设置了筛选，或只有一种商品类型",
    ),
    (
        r#"A file with further titles and words, as JSON like `{"columns":{"orderId":["…"]}}`"#,
        r#"包含更多列名和用词的文件，JSON 形如 `{"columns":{"orderId":["…"]}}`"#,
    ),
    (
        "Compare the imported statements with the orders that the seller API knows. Ends with 1 if something differs and nobody explained it",
        "把导入的对账文件与商家接口所知的订单核对。有未说明的差异时以 1 结束",
    ),
    (
        "Only this month of Beijing, such as 2025-11 [default: all months since the first statement]",
        "只核对这个北京时间的月份，例如 2025-11 [默认：从第一个对账文件起的所有月份]",
    ),
    (
        "A file with working days, as JSON like shared/statements/data/calendar.json [default: China's, as far as they are announced]",
        "包含工作日的文件，JSON 形如 shared/statements/data/calendar.json [默认：已公布的中国工作日]",
    ),
    ("Print JSON", "输出 JSON"),
    ("Print CSV, with the orders that agree. No cell is a formula", "输出 CSV，包括一致的订单。没有任何单元格是公式"),
    (
        "Say why a finding is all right. It holds as long as the amounts of the finding stay as they are",
        "说明某个核对结果为什么没有问题。金额不变则一直有效",
    ),
    ("The finding's id, as `match` shows it", "核对结果的 id，如 `match` 所示"),
    ("Seal with a new data key from now on", "从现在起用新的数据密钥加密"),
    (
        "The DynamoDB with the table: a local one, or AWS itself with credentials in the environment",
        "数据表所在的 DynamoDB：本地的，或者 AWS（凭证在环境变量里）",
    ),
    ("The table's name", "表名"),
    (
        "Who acts: the record has it after the name of the token [default: the user of this machine]",
        "操作人：记录在令牌名称之后 [默认：本机用户]",
    ),
    (
        "Play the marketplace: whole lives of products of every family, debug calls and attacks; check every answer, and that the application provisions what was bought",
        "扮演云商店：各类商品的完整生命周期、调试调用和攻击；检查每个应答，以及应用是否开通了所购内容",
    ),
    (
        "The production address [default: a local host, started for this run]",
        "生产地址 [默认：为本次运行启动的本地主机]",
    ),
    (
        "The seller API to ask what became of the events; `KOOGALLERY_API_TOKEN` opens it [default: that of `serve`, where the production address is on this machine]",
        "用于查询事件结果的商家接口；令牌为 `KOOGALLERY_API_TOKEN` [默认：生产地址在本机时为 `serve` 的商家接口]",
    ),
    (
        "Play KooGallery's open APIs here, for a `KOOGALLERY_OPEN_API_URL` of http://ADDRESS:PORT/. They know the orders made up here, which KooGallery itself does not [default: those of `serve --play-koogallery`, where it runs; for the local host started, at any free port]",
        "在此扮演云商店开放接口，供 `KOOGALLERY_OPEN_API_URL` 为 http://ADDRESS:PORT/ 时使用。它们知道此处编造的订单，而云商店不知道 [默认：`serve --play-koogallery` 运行时使用它；为启动的本地主机使用任意空闲端口]",
    ),
    (
        "Only this family; may be repeated [default: all, or none with --play]",
        "只运行这一类；可重复 [默认：全部，使用 --play 时为无]",
    ),
    (
        "Play the life in this file; may be repeated. docs/simulate.md has the format",
        "运行这个文件里的生命周期；可重复。格式见 docs/simulate.md",
    ),
    (
        "How long KooGallery waits: a call that is answered 000004, 000005 or not at all is sent again for so long, as KooGallery does for three hours",
        "云商店等待的时长：应答 000004、000005 或没有应答的调用会在这段时间内重发，云商店为三小时",
    ),
    (
        "Where your application shows a customer, with {instanceId} in it: JSON with any of status (active, frozen, released), skuCode, quantity. Then it is seen whether an upgrade, a freeze, a release was carried out",
        "你的应用显示客户的地址，含 {instanceId}：JSON，可含 status（active、frozen、released）、skuCode、quantity。据此检查升级、冻结、释放是否执行",
    ),
    ("The productId that is bought", "购买的 productId"),
    ("The skuCode that is bought, and the one of an upgrade", "购买的 skuCode，以及升级后的 skuCode"),
    (
        "How many are bought, and how many there are after an upgrade [default: 10,20]",
        "购买的数量，以及升级后的数量 [默认：10,20]",
    ),
    (
        "The RSA public key registered in KooGallery, as it is registered (base64) or as a file",
        "在云商店登记的 RSA 公钥：登记时的 base64，或者文件",
    ),
    (
        "With --family orders: write the statements that are made up into this folder too",
        "与 --family orders 一起使用：把编造的对账文件也写入这个文件夹",
    ),
    ("Print the report as JSON", "以 JSON 输出报告"),
    (
        "Stand between KooGallery and your old code, and compare what a new deployment would have replied",
        "位于云商店与旧代码之间，比较新部署会给出的应答",
    ),
    ("The code that answers KooGallery", "应答云商店的代码"),
    ("The deployment that gets copies", "接收副本的部署"),
    ("Where calls come in: plain HTTP, behind the entrance", "接收调用的地址：HTTP，位于入口之后"),
    ("Print a line for each call, also where both say the same", "每个调用输出一行，两者相同时也输出"),
    ("Erase at once the personal data of a released instance or license code", "立即删除已释放实例或授权码的个人数据"),
    ("A license code instead of an instance", "授权码，而不是实例"),
    (
        "Check whether a DynamoDB does what the store needs: transactions, conditions, indexes, sizes",
        "检查某个 DynamoDB 是否满足存储的需要：事务、条件、索引、大小",
    ),
    (
        "The endpoint, with credentials in the environment as for AWS tools [default: the embedded DynamoDB]",
        "端点，凭证与 AWS 工具一样取自环境变量 [默认：内嵌的 DynamoDB]",
    ),
    (
        "Look at a deployment that runs: its configuration, its address and certificate, KooGallery's side, your application",
        "检查运行中的部署：配置、地址和证书、云商店一侧、你的应用",
    ),
    (
        "The seller API, which `KOOGALLERY_API_TOKEN` opens [default: that of `serve`, where --to is on this machine]",
        "商家接口，令牌为 `KOOGALLERY_API_TOKEN` [默认：--to 在本机时为 `serve` 的商家接口]",
    ),
    (
        "Check an endpoint against the conformance corpus: what KooGallery's guides demand of every callback",
        "按一致性用例检查一个端点：云商店的接入指南对每个接口的要求",
    ),
    (
        r#"Play only these cases: a folder, file, case, callback (newInstance) or dialect ("kit V2"). May be repeated"#,
        r#"只运行这些用例：文件夹、文件、用例、接口（newInstance）或版本（"kit V2"）。可重复"#,
    ),
    ("Which checks to make", "进行哪些检查"),
    (
        "The RSA public key that you registered in KooGallery: base64 as registered, or a file",
        "你在云商店登记的 RSA 公钥：登记时的 base64，或者文件",
    ),
    ("Read the corpus from this folder instead of the built-in one", "从这个文件夹读取用例，而不是内置的用例"),
    (
        "Prepare the login of buyers' users: register applications, look at the keys that sign, replace them",
        "准备买家用户的登录：登记应用，查看和更换签名密钥",
    ),
    (
        "Make a client for an application: a new secret for it, and its entry for the settings of products, or for `KOOGALLERY_OIDC_CLIENTS`",
        "为应用生成客户端：新的密钥，以及商品设置或 `KOOGALLERY_OIDC_CLIENTS` 的条目",
    ),
    ("The client's id, of your choice, such as `shop`", "客户端 id，自定，例如 `shop`"),
    ("The application's credential (应用凭证) in Seller Console", "应用在卖家中心的应用凭证"),
    ("Where codes go; may be given several times", "接收 code 的地址；可多次给出"),
    ("Where browsers may go after a logout; may be given several times", "退出登录后浏览器可以前往的地址；可多次给出"),
    ("Where a login begins that a tenant's workbench started", "由租户工作台发起的登录从哪里开始"),
    (
        "The application cannot keep a secret: it runs in a browser or on a telephone",
        "应用无法保密：它在浏览器或手机上运行",
    ),
    ("List the keys that sign ID tokens, and what each is for", "列出签名 ID 令牌的密钥及各自的用途"),
    (
        "Make the next keys now. They sign a day later, when all applications have read them",
        "现在生成下一组密钥。一天后，所有应用读取之后才用于签名",
    ),
    (
        "Somebody else may have a key: the next ones sign at once, and the present ones are removed. Users who log in just now have to start again, and an application that reads keys only once a day refuses logins until it does",
        "密钥可能已泄露：下一组密钥立即用于签名，现有密钥被移除。正在登录的用户需要重新开始；每天只读取一次密钥的应用在读取之前会拒绝登录",
    ),
    (
        "What is set for each product and SKU, in one document: provisioning, webhook, rules, plans. docs/settings.md has its members",
        "每个商品和 SKU 的设置，在一个文档中：开通方式、webhook、规则、套餐。文档成员见 docs/settings.md",
    ),
    (
        "Look for mistakes in a document, here on this machine. Ends with 1 if there are any",
        "在本机检查文档中的错误。如有错误，以 1 结束",
    ),
    ("The document: JSON", "文档：JSON"),
    (
        "Make a document the current version. It holds everywhere 30 seconds later",
        "使文档成为当前版本。30 秒后在各处生效",
    ),
    (
        "The version that the document was made from: if another one is current, nothing is written [default: the current one]",
        "文档所依据的版本：如果当前版本已不同，则不写入 [默认：当前版本]",
    ),
    ("Print the current document, or that of an earlier version", "输出当前文档，或更早版本的文档"),
    ("The version [default: the current one]", "版本 [默认：当前版本]"),
    (
        "Print what a document would change. Ends with 1 if that is anything",
        "输出文档会带来的变化。如有变化，以 1 结束",
    ),
    (
        "List the versions, the newest first: who wrote each, when and why",
        "列出各版本，最新的在前：由谁、何时、为何写入",
    ),
    ("Make what an earlier version said the current version again", "使更早版本的内容重新成为当前版本"),
    ("The earlier version", "更早的版本"),
    (
        "List, enter and change customer demands (客户需求管理). docs/orders.md has their states",
        "列出、录入和修改客户需求（客户需求管理）。状态见 docs/orders.md",
    ),
    ("List demands", "列出客户需求"),
    ("Only demands in this state", "只列出这种状态的需求"),
    ("Enter a demand that waits to be received (待接收)", "录入待接收的需求"),
    ("Its number in Seller Console, or what else names it", "在卖家中心的编号，或其他名称"),
    ("The product", "商品"),
    (
        "When the partner submitted it [default: now]. KooGallery closes it five days later",
        "伙伴提交的时间 [默认：现在]。五天后云商店会关闭它",
    ),
    ("The customer: the account's id, not a name", "客户：账号 id，不是名称"),
    ("What else there is to say, without personal data", "其他说明，不含个人数据"),
    ("Change a demand: its state, or what is known of its offer", "修改需求：状态，或报价信息"),
    ("The demand's id", "需求的 id"),
    (
        "Its next state: converting, offered, won, rejected, closed or lost",
        "下一个状态：converting、offered、won、rejected、closed 或 lost",
    ),
    ("When it changed [default: now]", "变化的时间 [默认：现在]"),
    ("What the private offer is called", "专属优惠的名称"),
    ("What it costs, such as 8800.00", "价格，例如 8800.00"),
    ("The customer that it is for: the account's id, not a name", "面向的客户：账号 id，不是名称"),
    ("The order that came of it", "由此产生的订单"),
    (
        "List and show orders, enter the steps of their supervision, export them, add up a month, and compare orders with statements",
        "列出和显示订单，录入服务监管的步骤，导出订单，汇总一个月，以及与对账文件核对",
    ),
    (
        "List orders that calls reported; with --supervised, supervised orders that are not over",
        "列出接口调用上报的订单；使用 --supervised 时列出未结束的受监管订单",
    ),
    ("List supervised orders that are not over", "列出未结束的受监管订单"),
    (
        "Only supervised orders that wait for them: buyer, seller or koogallery",
        "只列出等待某一方的受监管订单：buyer、seller 或 koogallery",
    ),
    ("Only supervised orders for whose step it is too late before that time", "只列出步骤在该时间之前到期的受监管订单"),
    (
        "Show all that is known of an order, without the buyer. Ends with 1 if nothing is",
        "显示订单的全部信息，不含买家。没有任何信息时以 1 结束",
    ),
    ("The order's id", "订单的 id"),
    (
        "Open the supervision (服务监管) of an order. docs/orders.md has the flows",
        "开始订单的服务监管。流程见 docs/orders.md",
    ),
    (
        "Its flow: standard, standard-rechecked, license, hardware, package or free",
        "流程：standard、standard-rechecked、license、hardware、package 或 free",
    ),
    (
        "When the order was paid [default: when KooGallery reported it, or now]",
        "订单付款时间 [默认：云商店上报的时间，或现在]",
    ),
    ("Enter a step of a supervised order, as Seller Console shows it", "录入受监管订单的步骤，如卖家中心所示"),
    (
        "What happened, such as need-confirmed, delivered, accepted, completed, appealed",
        "发生了什么，例如 need-confirmed、delivered、accepted、completed、appealed",
    ),
    ("When it happened [default: now]", "发生的时间 [默认：现在]"),
    ("服务实际开通时间, with delivered and activated", "服务实际开通时间，用于 delivered 和 activated"),
    ("What a step `named` is called", "`named` 步骤的名称"),
    (
        "Who has to act after a step `named`: buyer, seller or koogallery",
        "`named` 步骤之后由谁处理：buyer、seller 或 koogallery",
    ),
    ("Who appealed: buyer or seller", "申诉方：buyer 或 seller"),
    (
        "Write orders as CSV to the standard output, with state and amounts. No cell is a formula. Each order is read as a whole",
        "把订单以 CSV 写到标准输出，含状态和金额。没有任何单元格是公式。每个订单都会完整读取",
    ),
    (
        "Add up a month of Beijing: sold, refunded, new, renewed, churned, recurring",
        "汇总一个北京时间的月份：销售、退款、新增、续费、流失、经常性收入",
    ),
    ("The month, such as 2026-11 [default: this month]", "月份，例如 2026-11 [默认：本月]"),
    ("Only orders in this state. Each order is read as a whole then", "只列出这种状态的订单。此时每个订单都会完整读取"),
    ("Only orders of this product", "只列出这个商品的订单"),
    ("Only orders that KooGallery reported since then", "只列出云商店从该时间起上报的订单"),
    ("Only orders with this text in one of their ids", "只列出 id 中包含这段文字的订单"),
    (
        "Take over customers who were there before: instances, license codes, tenants and later orders, from the seller's own records",
        "从商家自己的记录接管以前就有的客户：实例、授权码、租户和后来的订单",
    ),
    ("The file: .csv in UTF-8, or .jsonl", "文件：UTF-8 的 .csv，或 .jsonl"),
    ("Write nothing: say what an import would do", "不写入：只说明导入会做什么"),
    ("How the file is written [default: by its name]", "文件的格式 [默认：按文件名]"),
    (
        "Where the rows that are refused are written, as CSV [default: FILE.refused.csv]",
        "被拒绝的行写到哪里，CSV [默认：FILE.refused.csv]",
    ),
    ("Print a file to begin with, with a row of each kind", "输出一个起始文件，每种行各一个"),
    (
        "This is a production host: it starts with keys of your own only, writes JSON lines only: its log to standard output, what it says of itself to standard error; and serves metrics. A host that other machines can reach is one without being told",
        "这是生产主机：只用你自己的密钥启动，只写 JSON 行（日志到标准输出，自身信息到标准错误），并提供指标。其他机器可以访问的主机自动视为生产主机",
    ),
    (
        "Speak TLS with this certificate: PEM, with those between it and the authority. It is read again when it changes",
        "使用这个证书提供 TLS：PEM，包含中间证书。证书变化时会重新读取",
    ),
    ("The private key of the certificate, in PEM", "证书的私钥，PEM"),
    (
        "Serve metrics for Prometheus at /metrics of this address [default of a production host: 127.0.0.1:9464]",
        "在这个地址的 /metrics 提供 Prometheus 指标 [生产主机默认：127.0.0.1:9464]",
    ),
    (
        "Deliver events, learn orders and erase only while `POST /internal/work` is answered: for a host that is stopped between two requests, such as one on FunctionGraph. A token with the scope `work` opens it, and a timer has to call it",
        "只在应答 `POST /internal/work` 时投递事件、查询订单和删除数据：用于两次请求之间会停止的主机，例如 FunctionGraph。需要带权限范围 `work` 的令牌，并由定时器调用",
    ),
    ("After SIGTERM, wait so long for calls that are being answered", "收到 SIGTERM 后，等待正在应答的调用的时长"),
    (
        "Hold so many connections at once, if the system lets the process open so many files",
        "同时保持的连接数，前提是系统允许进程打开这么多文件",
    ),
    (
        "Run every function in this process, over an embedded DynamoDB or another one",
        "在本进程里运行所有函数，使用内嵌的 DynamoDB 或其他 DynamoDB",
    ),
    (
        "The address to listen on. Put an https proxy before it, and register the proxy's address in KooGallery",
        "监听的地址。在它前面放一个 https 代理，并在云商店登记代理的地址",
    ),
    (
        "Keep the embedded DynamoDB in this file [default: in memory, lost at the end]",
        "把内嵌的 DynamoDB 保存在这个文件 [默认：在内存中，结束时丢失]",
    ),
    (
        "Use another DynamoDB: DynamoDB Local, or AWS itself with credentials in the environment",
        "使用其他 DynamoDB：DynamoDB Local，或者 AWS（凭证在环境变量里）",
    ),
    (
        "Open a port of this machine on the embedded DynamoDB, to look into it with AWS tools [default port: any that is free]",
        "为内嵌的 DynamoDB 打开本机端口，以便用 AWS 工具查看 [默认端口：任意空闲端口]",
    ),
    (
        "Play KooGallery's open APIs as well [default address: 127.0.0.1:9200]. The orders that `call` and `simulate` make are known there, and licenses and usage are taken",
        "同时扮演云商店开放接口 [默认地址：127.0.0.1:9200]。它知道 `call` 和 `simulate` 生成的订单，并接收 License 和用量",
    ),
    (
        "The address of the seller API; `KOOGALLERY_API_TOKEN` opens it [default: that of `koogallery serve`]",
        "商家接口的地址；令牌为 `KOOGALLERY_API_TOKEN` [默认：`koogallery serve` 的商家接口]",
    ),
    (
        "A profile with address and token, of the file `~/.config/koogallery/profiles.json`",
        "包含地址和令牌的配置名，取自文件 `~/.config/koogallery/profiles.json`",
    ),
    (
        "Check whether what works in staging may go to production, and bring its settings there",
        "检查在预发布环境中运行正常的内容能否用于生产环境，并把设置带过去",
    ),
    (
        "The profile of production: its token needs the scopes read and settings",
        "生产环境的配置档案：令牌需要权限范围 read 和 settings",
    ),
    (
        "The production address of staging, where the cases are played. They buy instances and release them again",
        "预发布环境的生产接口地址，用例在这里执行：会购买实例，然后释放",
    ),
    (
        "A text in staging's settings, and what stands for it in production. May be repeated",
        "预发布环境设置中的文字，以及在生产环境中代替它的文字。可以重复",
    ),
    ("The RSA public key registered for staging: base64, or a file", "为预发布环境登记的 RSA 公钥：base64 或文件"),
    ("Write the settings to production, if there is no problem", "没有问题时，把设置写入生产环境"),
];
