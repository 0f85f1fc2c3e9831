import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Verifies signatures by <a href="https://www.standardwebhooks.com">Standard Webhooks</a>: base64 of the HMAC-SHA256 of
 * {@code id.timestamp.body}. While a secret is changed, there are two secrets, and an event has two signatures.
 *
 * <p>验证 Webhook 签名：先验签，再读内容；用常量时间比较；时间戳与当前相差不超过五分钟。
 */
final class Signature {
    private static final long MOST_SECONDS_APART = 300;
    private final List<SecretKeySpec> keys;

    /**
     * @param secrets {@code whsec_} and base64; several with spaces between
     * @throws IllegalArgumentException if it is something else. The message does not show it.
     */
    Signature(String secrets) {
        keys = Arrays.stream(secrets.strip().split("\\s+")).map(Signature::key).toList();
    }

    private static SecretKeySpec key(String secret) {
        byte[] key = Base64.getDecoder().decode(secret.startsWith("whsec_") ? secret.substring("whsec_".length()) : secret);
        return new SecretKeySpec(key, "HmacSHA256");
    }

    /** Whether one of the secrets signed exactly these bytes, in the last five minutes. A header that is missing is null. */
    boolean isRight(String id, String timestamp, String signatures, byte[] body, long nowSeconds) {
        if (id == null || signatures == null || timestamp == null || !timestamp.matches("[0-9]{1,12}")) return false;
        if (Math.abs(nowSeconds - Long.parseLong(timestamp)) > MOST_SECONDS_APART) return false;
        boolean isRight = false;
        for (SecretKeySpec key : keys) {
            byte[] right = ("v1," + Base64.getEncoder().encodeToString(hmac(key, id + "." + timestamp + ".", body))).getBytes();
            for (String given : signatures.split(" ")) {
                // In constant time: how long it takes says nothing of the right one.
                isRight |= MessageDigest.isEqual(right, given.getBytes(StandardCharsets.UTF_8));
            }
        }
        return isRight;
    }

    private static byte[] hmac(SecretKeySpec key, String before, byte[] body) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            mac.update(before.getBytes(StandardCharsets.UTF_8));
            return mac.doFinal(body);
        } catch (GeneralSecurityException error) {
            throw new IllegalStateException("each JDK has HmacSHA256", error);
        }
    }
}
