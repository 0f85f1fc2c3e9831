import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The seller API, with the JDK's own client.
 *
 * <p>商家接口（seller API）的客户端，只用 JDK 自带的 HttpClient。
 */
final class SellerApi {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private final HttpClient client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
    private final Options options;

    SellerApi(Options options) {
        this.options = options;
    }

    /** The API answered, but not with 2xx. Its problem document says what is wrong, and has no secret. */
    static final class Refused extends IOException {
        private final int status;

        Refused(int status, String problem) {
            super("HTTP " + status + " " + problem);
            this.status = status;
        }

        boolean isUnknown() {
            return status == 404;
        }

        /** Whether the same request would be refused again. */
        boolean isFinal() {
            return Set.of(400, 404, 409, 422).contains(status);
        }
    }

    /** Segments of a path, each encoded. */
    static String path(String... segments) {
        return Arrays.stream(segments)
                .map(segment -> URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20"))
                .collect(Collectors.joining("/"));
    }

    /** @param path below /v1/ */
    void put(String path, String json) throws IOException, InterruptedException {
        send(request(path).PUT(BodyPublishers.ofString(json)));
    }

    Map<String, Object> get(String path) throws IOException, InterruptedException {
        try {
            return Json.readObject(send(request(path).GET()));
        } catch (Json.Malformed error) {
            throw new IOException("the answer cannot be read: " + error.getMessage(), error);
        }
    }

    /** All pages of a list; none if there is no such thing (any more). */
    List<Map<String, Object>> pages(String path) throws IOException, InterruptedException {
        List<Map<String, Object>> pages = new ArrayList<>();
        try {
            String cursor = "";
            while (cursor != null) {
                Map<String, Object> page = get(cursor.isEmpty() ? path : path + "&cursor=" + path(cursor));
                pages.add(page);
                cursor = Json.text(page, "next");
            }
        } catch (Refused refused) {
            if (!refused.isUnknown()) throw refused;
            return List.of();
        }
        return pages;
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(options.sellerApi() + "/v1/" + path))
                .timeout(PATIENCE)
                .header("Authorization", "Bearer " + options.apiToken())
                .header("Content-Type", "application/json");
    }

    private byte[] send(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpResponse<byte[]> answer = client.send(request.build(), BodyHandlers.ofByteArray());
        if (answer.statusCode() / 100 == 2) return answer.body();
        String problem = new String(answer.body(), StandardCharsets.UTF_8);
        throw new Refused(answer.statusCode(), problem.substring(0, Math.min(problem.length(), 500)));
    }
}
