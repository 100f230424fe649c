package contenttype

const (
	// maxExt is the length of the longest extension in the table.
	maxExt = 11
	// text is for what a person reads and no program should run. Source code gets it
	// too, if no type is registered: every browser shows it and none executes it.
	text = "text/plain; charset=utf-8"

	openXML = "application/vnd.openxmlformats-officedocument."
	openDoc = "application/vnd.oasis.opendocument."
)

// byExtension is the fixed table of P6: the type registered with IANA or, if there is
// none or browsers don't support it, the one in widest use. text/* says charset=utf-8;
// XML and JSON declare their encoding themselves. A change here changes what every
// driver stores.
//
// Left out on purpose, so that the content decides: extensions of several unrelated
// kinds (.key, .db, .asc, .crt, .obj, .mod, .dat), and those whose type is only right
// with a Content-Encoding (.svgz, .br).
var byExtension = map[string]string{
	// The web.
	"html":        "text/html; charset=utf-8",
	"htm":         "text/html; charset=utf-8",
	"xhtml":       "application/xhtml+xml",
	"css":         "text/css; charset=utf-8",
	"js":          "text/javascript; charset=utf-8",
	"mjs":         "text/javascript; charset=utf-8",
	"cjs":         "text/javascript; charset=utf-8",
	"json":        "application/json",
	"map":         "application/json", // map: a source map
	"webmanifest": "application/manifest+json",
	"wasm":        "application/wasm",
	"xml":         "application/xml",
	"xsd":         "application/xml",
	"xsl":         "application/xslt+xml",
	"xslt":        "application/xslt+xml",
	"dtd":         "application/xml-dtd",
	"rss":         "application/rss+xml",
	"atom":        "application/atom+xml",
	"vtt":         "text/vtt; charset=utf-8",

	// Text to read.
	"txt":      text,
	"text":     text,
	"log":      text,
	"conf":     text,
	"ini":      text,
	"cfg":      text,
	"rst":      text,
	"adoc":     text,
	"tex":      text,
	"diff":     text,
	"patch":    text,
	"srt":      text,
	"md":       "text/markdown; charset=utf-8",
	"markdown": "text/markdown; charset=utf-8",
	"ics":      "text/calendar; charset=utf-8",
	"vcf":      "text/vcard; charset=utf-8",
	"rtf":      "application/rtf",

	// Source code. Not .ts, below.
	"go":      text,
	"c":       text,
	"h":       text,
	"cc":      text,
	"cpp":     text,
	"hpp":     text,
	"cs":      text,
	"java":    text,
	"kt":      text,
	"rs":      text,
	"swift":   text,
	"py":      text,
	"rb":      text,
	"pl":      text,
	"lua":     text,
	"php":     text,
	"scala":   text,
	"sh":      text,
	"bash":    text,
	"bat":     text,
	"ps1":     text,
	"jsx":     text,
	"tsx":     text,
	"mts":     text,
	"cts":     text,
	"proto":   text,
	"graphql": text,

	// Data.
	"csv":     "text/csv; charset=utf-8",
	"tsv":     "text/tab-separated-values; charset=utf-8",
	"yaml":    "application/yaml",
	"yml":     "application/yaml",
	"toml":    "application/toml",
	"ndjson":  "application/x-ndjson",
	"jsonl":   "application/x-ndjson",
	"jsonld":  "application/ld+json",
	"geojson": "application/geo+json",
	"sql":     "application/sql",
	"sqlite":  "application/vnd.sqlite3",
	"sqlite3": "application/vnd.sqlite3",
	"parquet": "application/vnd.apache.parquet",
	"arrow":   "application/vnd.apache.arrow.file",
	"ttl":     "text/turtle; charset=utf-8",
	"gpx":     "application/gpx+xml",
	"kml":     "application/vnd.google-earth.kml+xml",
	"kmz":     "application/vnd.google-earth.kmz",
	"eml":     "message/rfc822",
	"mbox":    "application/mbox",
	"pem":     "application/x-pem-file",
	"torrent": "application/x-bittorrent",
	"bin":     "application/octet-stream",

	// Office.
	"pdf":     "application/pdf",
	"ps":      "application/postscript",
	"eps":     "application/postscript",
	"doc":     "application/msword",
	"docx":    openXML + "wordprocessingml.document",
	"dotx":    openXML + "wordprocessingml.template",
	"xls":     "application/vnd.ms-excel",
	"xlsx":    openXML + "spreadsheetml.sheet",
	"xltx":    openXML + "spreadsheetml.template",
	"ppt":     "application/vnd.ms-powerpoint",
	"pptx":    openXML + "presentationml.presentation",
	"ppsx":    openXML + "presentationml.slideshow",
	"docm":    "application/vnd.ms-word.document.macroenabled.12",
	"xlsm":    "application/vnd.ms-excel.sheet.macroenabled.12",
	"pptm":    "application/vnd.ms-powerpoint.presentation.macroenabled.12",
	"odt":     openDoc + "text",
	"ods":     openDoc + "spreadsheet",
	"odp":     openDoc + "presentation",
	"odg":     openDoc + "graphics",
	"pages":   "application/vnd.apple.pages",
	"numbers": "application/vnd.apple.numbers",
	"epub":    "application/epub+zip",
	"mobi":    "application/x-mobipocket-ebook",

	// Images.
	"png":  "image/png",
	"apng": "image/apng",
	"jpg":  "image/jpeg",
	"jpeg": "image/jpeg",
	"jfif": "image/jpeg",
	"gif":  "image/gif",
	"webp": "image/webp",
	"avif": "image/avif",
	"jxl":  "image/jxl",
	"bmp":  "image/bmp",
	"heic": "image/heic",
	"heif": "image/heif",
	"svg":  "image/svg+xml",
	"ico":  "image/vnd.microsoft.icon",
	"tif":  "image/tiff",
	"tiff": "image/tiff",
	"jp2":  "image/jp2",
	"djvu": "image/vnd.djvu",
	"psd":  "image/vnd.adobe.photoshop",
	"dcm":  "application/dicom",

	// Audio. Few players support the registered audio/vnd.wave.
	"mp3":  "audio/mpeg",
	"m4a":  "audio/mp4",
	"aac":  "audio/aac",
	"flac": "audio/flac",
	"wav":  "audio/wav",
	"ogg":  "audio/ogg",
	"oga":  "audio/ogg",
	"opus": "audio/ogg",
	"weba": "audio/webm",
	"aif":  "audio/aiff",
	"aiff": "audio/aiff",
	"mid":  "audio/midi",
	"midi": "audio/midi",
	"amr":  "audio/amr",
	"wma":  "audio/x-ms-wma",
	"m3u":  "audio/x-mpegurl",

	// Video. A .ts is a segment of a transport stream and not TypeScript: players
	// refuse a segment with another type, whereas no browser runs TypeScript, whatever
	// its type.
	"mp4":  "video/mp4",
	"m4v":  "video/x-m4v",
	"m4s":  "video/iso.segment",
	"webm": "video/webm",
	"mkv":  "video/matroska",
	"ogv":  "video/ogg",
	"mov":  "video/quicktime",
	"avi":  "video/x-msvideo",
	"wmv":  "video/x-ms-wmv",
	"flv":  "video/x-flv",
	"mpg":  "video/mpeg",
	"mpeg": "video/mpeg",
	"3gp":  "video/3gpp",
	"3g2":  "video/3gpp2",
	"ts":   "video/mp2t",
	"m2ts": "video/mp2t",
	"m3u8": "application/vnd.apple.mpegurl",
	"mpd":  "application/dash+xml",

	// Fonts.
	"ttf":   "font/ttf",
	"otf":   "font/otf",
	"ttc":   "font/collection",
	"woff":  "font/woff",
	"woff2": "font/woff2",
	"eot":   "application/vnd.ms-fontobject",

	// Models.
	"stl":  "model/stl",
	"3mf":  "model/3mf",
	"gltf": "model/gltf+json",
	"glb":  "model/gltf-binary",

	// Archives and programs. A .tar.gz is what its last extension says.
	"zip": "application/zip",
	"gz":  "application/gzip",
	"tgz": "application/gzip",
	"tar": "application/x-tar",
	"bz2": "application/x-bzip2",
	"xz":  "application/x-xz",
	"zst": "application/zstd",
	"lz4": "application/x-lz4",
	"7z":  "application/x-7z-compressed",
	"rar": "application/vnd.rar",
	"jar": "application/java-archive",
	"deb": "application/vnd.debian.binary-package",
	"rpm": "application/x-rpm",
	"apk": "application/vnd.android.package-archive",
	"dmg": "application/x-apple-diskimage",
	"iso": "application/x-iso9660-image",
	"exe": "application/vnd.microsoft.portable-executable",
	"dll": "application/vnd.microsoft.portable-executable",
	"msi": "application/x-msi",
}
