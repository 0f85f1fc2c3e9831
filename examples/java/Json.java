import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * JSON (RFC 8259), because the JDK has none. A value is a {@code Map}, a {@code List}, a {@code String}, a {@code BigDecimal}, a
 * {@code Boolean} or {@code null}. In an application of your own, use the library that you have already: Jackson, Gson, fastjson.
 *
 * <p>JDK 不带 JSON 库，所以这里自己读写；你的应用请用已有的库（Jackson、Gson、fastjson）。
 */
final class Json {
    /** How deep arrays and objects may stand in one another: what is deeper would only exhaust the stack. */
    private static final int DEEPEST = 100;

    /** The text is not JSON. The message says where, and repeats nothing of the text, which may be personal. */
    static final class Malformed extends Exception {
        Malformed(String what, int at) {
            super(what + " at character " + at);
        }
    }

    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /** Reads one object, in UTF-8. */
    static Map<String, Object> readObject(byte[] bytes) throws Malformed {
        String text;
        try {
            text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException error) {
            throw new Malformed("not UTF-8", 0);
        }
        Json json = new Json(text);
        Object value = json.value(0);
        json.skipSpace();
        if (json.at < text.length()) throw json.malformed("something after the end");
        if (!(value instanceof Map)) throw new Malformed("not an object", 0);
        return objectOf(value);
    }

    /** The member of that name, if it is an object; an empty one otherwise. */
    static Map<String, Object> object(Map<String, Object> of, String name) {
        return objectOf(of.get(name));
    }

    /** The members of an array that are objects; none if there is no array of that name. */
    static List<Map<String, Object>> objects(Map<String, Object> of, String name) {
        return of.get(name) instanceof List<?> list ? list.stream().map(Json::objectOf).toList() : List.of();
    }

    /** The member of that name, if it is a text; null otherwise. */
    static String text(Map<String, Object> of, String name) {
        return of.get(name) instanceof String text ? text : null;
    }

    @SuppressWarnings("unchecked") // This class makes no other maps.
    private static Map<String, Object> objectOf(Object value) {
        return value instanceof Map ? (Map<String, Object>) value : Map.of();
    }

    private Object value(int depth) throws Malformed {
        if (depth > DEEPEST) throw malformed("too deep");
        skipSpace();
        switch (at < text.length() ? text.charAt(at) : 0) {
            case '{':
                return members(depth + 1);
            case '[':
                return elements(depth + 1);
            case '"':
                return string();
            case 't':
                return word("true", true);
            case 'f':
                return word("false", false);
            case 'n':
                return word("null", null);
            default:
                return number();
        }
    }

    private Map<String, Object> members(int depth) throws Malformed {
        Map<String, Object> members = new LinkedHashMap<>();
        at++;
        if (isNext('}')) return members;
        do {
            skipSpace();
            String name = string();
            if (!isNext(':')) throw malformed("no colon");
            members.put(name, value(depth));
        } while (isNext(','));
        if (!isNext('}')) throw malformed("no end of the object");
        return members;
    }

    private List<Object> elements(int depth) throws Malformed {
        List<Object> elements = new ArrayList<>();
        at++;
        if (isNext(']')) return elements;
        do {
            elements.add(value(depth));
        } while (isNext(','));
        if (!isNext(']')) throw malformed("no end of the array");
        return elements;
    }

    private String string() throws Malformed {
        if (at >= text.length() || text.charAt(at) != '"') throw malformed("no text");
        StringBuilder string = new StringBuilder();
        for (at++; at < text.length(); at++) {
            char one = text.charAt(at);
            if (one == '"') {
                at++;
                return string.toString();
            }
            if (one < ' ') throw malformed("a control character");
            string.append(one == '\\' ? escaped() : one);
        }
        throw malformed("no end of the text");
    }

    /** What a backslash stands for. It ends at the last character of it. */
    private char escaped() throws Malformed {
        char one = ++at < text.length() ? text.charAt(at) : 0;
        if (one != 'u') {
            int which = "\"\\/bfnrt".indexOf(one);
            if (which < 0) throw malformed("an unknown escape");
            return "\"\\/\b\f\n\r\t".charAt(which);
        }
        int code = 0;
        for (int digit = 0; digit < 4; digit++) {
            char hex = ++at < text.length() ? text.charAt(at) : 0;
            int value = hex < 128 ? Character.digit(hex, 16) : -1;
            if (value < 0) throw malformed("an unknown escape");
            code = code << 4 | value;
        }
        return (char) code;
    }

    private Object word(String word, Object value) throws Malformed {
        if (!text.startsWith(word, at)) throw malformed("an unknown word");
        at += word.length();
        return value;
    }

    private BigDecimal number() throws Malformed {
        int from = at;
        skip('-');
        if (!skip('0')) digits();
        if (skip('.')) digits();
        if (skip('e') || skip('E')) {
            if (!skip('+')) skip('-');
            digits();
        }
        try {
            return new BigDecimal(text.substring(from, at));
        } catch (NumberFormatException error) {
            throw malformed("too large a number");
        }
    }

    private void digits() throws Malformed {
        int from = at;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') at++;
        if (at == from) throw malformed("no value");
    }

    private boolean skip(char one) {
        boolean isIt = at < text.length() && text.charAt(at) == one;
        if (isIt) at++;
        return isIt;
    }

    private boolean isNext(char one) {
        skipSpace();
        return skip(one);
    }

    private void skipSpace() {
        while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) at++;
    }

    private Malformed malformed(String what) {
        return new Malformed(what, at);
    }

    /** Writes a value. Numbers may be of any of Java's classes; whatever else it is, is written as its text. */
    static String write(Object value) {
        StringBuilder to = new StringBuilder();
        write(value, to);
        return to.toString();
    }

    private static void write(Object value, StringBuilder to) {
        if (value instanceof Map<?, ?> map) {
            String separator = "{";
            for (Map.Entry<?, ?> member : map.entrySet()) {
                to.append(separator);
                quote(member.getKey().toString(), to);
                to.append(':');
                write(member.getValue(), to);
                separator = ",";
            }
            to.append(map.isEmpty() ? "{}" : "}");
        } else if (value instanceof List<?> list) {
            String separator = "[";
            for (Object element : list) {
                to.append(separator);
                write(element, to);
                separator = ",";
            }
            to.append(list.isEmpty() ? "[]" : "]");
        } else if (value == null || value instanceof Boolean || value instanceof Number) {
            to.append(value);
        } else {
            quote(value.toString(), to);
        }
    }

    private static void quote(String string, StringBuilder to) {
        to.append('"');
        for (int i = 0; i < string.length(); i++) {
            char one = string.charAt(i);
            if (one == '"' || one == '\\') to.append('\\').append(one);
            // Half a character, which has no form in UTF-8, is written as its code, like the control characters.
            else if (one < ' ' || isHalf(string, i)) to.append(String.format("\\u%04x", (int) one));
            else to.append(one);
        }
        to.append('"');
    }

    private static boolean isHalf(String string, int i) {
        char one = string.charAt(i);
        if (Character.isHighSurrogate(one)) return i + 1 == string.length() || !Character.isLowSurrogate(string.charAt(i + 1));
        return Character.isLowSurrogate(one) && (i == 0 || !Character.isHighSurrogate(string.charAt(i - 1)));
    }
}
