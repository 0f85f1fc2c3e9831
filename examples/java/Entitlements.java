import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an instance entitles its users to, for an application that asks with every request of theirs. It needs Java 17 or newer and
 * {@link Json}, or the JSON library that you have already.
 *
 * <p>An answer is kept for as long as the seller API allows, and then asked for again with its ETag. While the API is away, the last answer
 * goes on to count, for a day. When an event about an instance comes, call {@link #forget}: the next {@link #get} asks anew.
 *
 * <p>查询实例当前的使用权，供应用在处理用户的每个请求时调用。结果按商家接口允许的时间缓存，之后带 ETag 重新查询；商家接口暂时不可用时，最后一次的结果在一天内继续有效。
 * 收到该实例的事件时请调用 {@link #forget}，下一次 {@link #get} 会重新查询。
 *
 * <pre>{@code
 * var entitlements = new Entitlements("https://…/seller-api", token);
 * if (!"granted".equals(entitlements.get(instanceId).get("access"))) …
 * }</pre>
 */
final class Entitlements {
    private static final int MOST_BYTES = 64 * 1024;
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    /** How many answers are kept. */
    private static final int MOST = 10_000;
    /** How long an answer counts while the API is away. 商家接口不可用时，最后一次的结果继续有效的时间。 */
    private static final Duration LAST_ANSWER_COUNTS = Duration.ofDays(1);
    /** After a failure, the API is not asked again for so long. 失败后多长时间内不再查询。 */
    private static final Duration PAUSE = Duration.ofSeconds(5);
    private static final Pattern MAX_AGE = Pattern.compile("max-age=(\\d{1,9})");

    /** There is no such instance. 没有这个实例。 */
    static final class UnknownInstance extends Exception {
        UnknownInstance(String instanceId) {
            super("there is no instance " + instanceId);
        }
    }

    /** The API did not answer well, and there is no earlier answer that may still count. 商家接口不可用，也没有仍然有效的结果。 */
    static final class Unavailable extends IOException {
        Unavailable(Exception cause) {
            super("the seller API: " + cause, cause);
        }
    }

    /** What is known of an instance. Its times are in nanoseconds of the clock. */
    private static final class Entry {
        private Map<String, Object> answer;
        private String tag = "";
        private long askedAt;
        private long goodUntil;
        private boolean isPaused;
        private long pauseUntil;
        private Exception failure;
    }

    /** The client follows no redirect, so the token goes nowhere else. */
    private final HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build();

    private final String address;
    private final String token;
    private final LongSupplier clock;
    private final Map<String, Entry> entries = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Entry> eldest) {
            return size() > MOST;
        }
    };

    /**
     * @param address of the seller API, without {@code /v1}
     * @param token with the scope {@code read}
     */
    Entitlements(String address, String token) {
        this(address, token, System::nanoTime);
    }

    Entitlements(String address, String token, LongSupplier clock) {
        this.address = address.replaceAll("/+$", "");
        this.token = token;
        this.clock = clock;
    }

    /** The entitlement, as the seller API says it. */
    Map<String, Object> get(String instanceId) throws UnknownInstance, Unavailable, InterruptedException {
        while (true) {
            Entry entry;
            synchronized (entries) {
                entry = entries.computeIfAbsent(instanceId, id -> new Entry());
            }
            Map<String, Object> answer;
            // Only one thread asks for an instance; the others wait for what it gets.
            synchronized (entry) {
                if (entry.answer == null || clock.getAsLong() - entry.goodUntil >= 0) ask(instanceId, entry);
                answer = entry.answer;
            }
            synchronized (entries) {
                // What was forgotten meanwhile is asked for anew.
                if (entries.get(instanceId) == entry) return answer;
            }
        }
    }

    /** Drops the answer, because an event says that something changed. 收到事件后丢弃缓存的结果。 */
    void forget(String instanceId) {
        synchronized (entries) {
            entries.remove(instanceId);
        }
    }

    private void ask(String instanceId, Entry entry) throws UnknownInstance, Unavailable, InterruptedException {
        long now = clock.getAsLong();
        if (!entry.isPaused || now - entry.pauseUntil >= 0) {
            try {
                fetch(instanceId, entry, now);
                return;
            } catch (UnknownInstance error) {
                synchronized (entries) {
                    entries.remove(instanceId, entry);
                }
                throw error;
            } catch (IOException | Json.Malformed error) {
                entry.failure = error;
                entry.isPaused = true;
                entry.pauseUntil = clock.getAsLong() + PAUSE.toNanos();
            }
        }
        if (entry.answer == null || now - entry.askedAt >= LAST_ANSWER_COUNTS.toNanos()) throw new Unavailable(entry.failure);
    }

    private void fetch(String instanceId, Entry entry, long now)
            throws UnknownInstance, IOException, Json.Malformed, InterruptedException {
        String path = "v1/instances/" + URLEncoder.encode(instanceId, StandardCharsets.UTF_8).replace("+", "%20") + "/entitlement";
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address + "/" + path))
                .timeout(PATIENCE)
                .header("Authorization", "Bearer " + token);
        if (entry.answer != null) request.header("If-None-Match", entry.tag);
        HttpResponse<byte[]> response = client.send(request.build(), BodyHandlers.ofByteArray());
        int status = response.statusCode();
        if (response.body().length > MOST_BYTES) throw new IOException("the answer is too long");
        String body = new String(response.body(), StandardCharsets.UTF_8);
        if (status == 404 && body.contains("/problems/not-found")) throw new UnknownInstance(instanceId);
        if (status == 200) {
            Map<String, Object> answer = Json.readObject(response.body());
            if (!instanceId.equals(Json.text(answer, "instanceId")) || Json.text(answer, "access") == null) {
                throw new IOException("the answer is about something else");
            }
            entry.answer = answer;
            entry.tag = response.headers().firstValue("ETag").orElse("");
        } else if (status != 304 || entry.answer == null) {
            throw new IOException("status " + status);
        }
        Matcher maxAge = MAX_AGE.matcher(response.headers().firstValue("Cache-Control").orElse(""));
        entry.askedAt = now;
        entry.goodUntil = now + (maxAge.find() ? Duration.ofSeconds(Long.parseLong(maxAge.group(1))).toNanos() : 0);
    }
}
