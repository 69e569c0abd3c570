// Command ethvectors prints what go-ethereum makes of fork ids, statuses, transactions and headers, as JSON: the file
// vectors/eth.json is its output.
package main

import (
	"crypto/ecdsa"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand"
	"os"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/forkid"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/crypto/kzg4844"
	"github.com/ethereum/go-ethereum/eth/protocols/eth"
	"github.com/ethereum/go-ethereum/params"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/holiman/uint256"
)

func must[T any](v T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, "ethvectors:", err)
		os.Exit(1)
	}
	return v
}

func h(b []byte) string { return hex.EncodeToString(b) }

type chain struct {
	config  *params.ChainConfig
	genesis *types.Block
	head    *types.Header
}

func (c chain) Config() *params.ChainConfig  { return c.config }
func (c chain) Genesis() *types.Block        { return c.genesis }
func (c chain) CurrentHeader() *types.Header { return c.head }

type forkCase struct {
	Number uint64 `json:"number"`
	Time   uint64 `json:"time"`
	Hash   string `json:"hash"`
	Next   string `json:"next"`
}

type filterCase struct {
	forkCase
	Accepted bool `json:"accepted"`
}

type network struct {
	Name    string       `json:"name"`
	Genesis string       `json:"genesis"`
	Blocks  []uint64     `json:"blocks"`
	Times   []uint64     `json:"times"`
	Ids     []forkCase   `json:"ids"`
	Filter  []filterCase `json:"filter"`
}

// walk finds all forks of a chain by asking for the next one until there is none.
func walk(config *params.ChainConfig, genesis *types.Block) (blocks, times []uint64) {
	blocks, times = []uint64{}, []uint64{}
	var number, time uint64
	for {
		id := forkid.NewID(config, genesis, number, time)
		if id.Next == 0 {
			return
		}
		if id.Next >= 1438269973 {
			time = id.Next
			times = append(times, id.Next)
		} else {
			number = id.Next
			blocks = append(blocks, id.Next)
		}
	}
}

func networkOf(name string, g *core.Genesis) network {
	block := g.ToBlock()
	n := network{Name: name, Genesis: h(block.Hash().Bytes())}
	n.Blocks, n.Times = walk(g.Config, block)
	type point struct{ number, time uint64 }
	points := []point{{0, 0}}
	last := uint64(0)
	for _, b := range n.Blocks {
		points = append(points, point{b - 1, 0}, point{b, 0})
		last = b
	}
	for _, t := range n.Times {
		points = append(points, point{last, t - 1}, point{last, t})
	}
	points = append(points, point{last + 1000000, 2000000000})
	var ids []forkid.ID
	for _, p := range points {
		id := forkid.NewID(g.Config, block, p.number, p.time)
		ids = append(ids, id)
		n.Ids = append(n.Ids, forkCase{p.number, p.time, h(id.Hash[:]), fmt.Sprint(id.Next)})
	}
	r := rand.New(rand.NewSource(1))
	for range 60 {
		p := points[r.Intn(len(points))]
		id := ids[r.Intn(len(ids))]
		switch r.Intn(6) {
		case 0:
			id.Next = ^uint64(0)
		case 1:
			id.Next = 0
		case 2:
			id.Next = p.number
		case 3:
			id.Next = p.time
		case 4:
			if r.Intn(3) == 0 {
				id.Hash[r.Intn(4)] ^= 1
			}
		}
		filter := forkid.NewFilter(chain{g.Config, block, &types.Header{Number: new(big.Int).SetUint64(p.number), Time: p.time}})
		n.Filter = append(n.Filter, filterCase{forkCase{p.number, p.time, h(id.Hash[:]), fmt.Sprint(id.Next)}, filter(id) == nil})
	}
	return n
}

type transaction struct {
	Name     string `json:"name"`
	Type     uint8  `json:"type"`
	Envelope string `json:"envelope"`
	Wire     string `json:"wire"`
	Hash     string `json:"hash"`
	ChainID  string `json:"chainId"`
	Sender   string `json:"sender"`
	Nonce    string `json:"nonce"`
	To       string `json:"to"`
	Value    string `json:"value"`
	GasLimit string `json:"gasLimit"`
	Fee      string `json:"maxFeePerGas"`
	Tip      string `json:"maxPriorityFeePerGas"`
	Data     string `json:"data"`
}

func transactionOf(name string, key *ecdsa.PrivateKey, signer types.Signer, data types.TxData) transaction {
	tx := must(types.SignNewTx(key, signer, data))
	envelope := must(tx.MarshalBinary())
	out := transaction{
		Name: name, Type: tx.Type(), Envelope: h(envelope), Wire: h(must(rlp.EncodeToBytes(tx))), Hash: h(tx.Hash().Bytes()),
		Sender: h(must(types.Sender(signer, tx)).Bytes()), Nonce: fmt.Sprint(tx.Nonce()), Value: tx.Value().String(),
		GasLimit: fmt.Sprint(tx.Gas()), Fee: tx.GasFeeCap().String(), Tip: tx.GasTipCap().String(), Data: h(tx.Data()),
	}
	if tx.Protected() {
		out.ChainID = tx.ChainId().String()
	}
	if tx.To() != nil {
		out.To = h(tx.To().Bytes())
	}
	return out
}

func transactions() []transaction {
	key := must(crypto.ToECDSA(crypto.Keccak256([]byte("peerwire vector key"))))
	to := common.HexToAddress("0x00000000000000000000000000000000000000aa")
	id := big.NewInt(7357001)
	signer := types.NewPragueSigner(id)
	access := types.AccessList{{Address: to, StorageKeys: []common.Hash{{1}, {2}}}, {Address: common.Address{9}, StorageKeys: []common.Hash{}}}
	gwei := func(n int64) *big.Int { return new(big.Int).Mul(big.NewInt(n), big.NewInt(1_000_000_000)) }
	auth := must(types.SignSetCode(key, types.SetCodeAuthorization{ChainID: *uint256.NewInt(7357001), Address: to, Nonce: 3}))
	huge := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1))
	return []transaction{
		transactionOf("legacy before EIP-155", key, types.HomesteadSigner{}, &types.LegacyTx{Nonce: 0, GasPrice: gwei(20), Gas: 21000, To: &to, Value: big.NewInt(1)}),
		transactionOf("legacy", key, signer, &types.LegacyTx{Nonce: 127, GasPrice: gwei(20), Gas: 21000, To: &to, Value: big.NewInt(0)}),
		transactionOf("legacy that creates a contract", key, signer, &types.LegacyTx{Nonce: 128, GasPrice: gwei(1), Gas: 100000, Value: big.NewInt(5), Data: []byte{0x60, 0x00}}),
		transactionOf("access list", key, signer, &types.AccessListTx{ChainID: id, Nonce: 1, GasPrice: gwei(3), Gas: 50000, To: &to, Value: big.NewInt(7), AccessList: access}),
		transactionOf("fees", key, signer, &types.DynamicFeeTx{ChainID: id, Nonce: 2, GasTipCap: gwei(1), GasFeeCap: gwei(30), Gas: 21000, To: &to, Value: gwei(1_000_000_000)}),
		transactionOf("fees, large numbers", key, signer, &types.DynamicFeeTx{ChainID: id, Nonce: ^uint64(0) - 1, GasTipCap: huge, GasFeeCap: huge, Gas: ^uint64(0), To: &to, Value: huge, Data: make([]byte, 300), AccessList: access}),
		transactionOf("fees, creates a contract", key, signer, &types.DynamicFeeTx{ChainID: id, Nonce: 3, GasTipCap: big.NewInt(0), GasFeeCap: gwei(30), Gas: 90000, Value: big.NewInt(0), Data: []byte{0x7f}}),
		transactionOf("blob", key, signer, &types.BlobTx{ChainID: uint256.NewInt(7357001), Nonce: 4, GasTipCap: uint256.NewInt(1), GasFeeCap: uint256.NewInt(9), Gas: 21000, To: to, Value: uint256.NewInt(0), BlobFeeCap: uint256.NewInt(2), BlobHashes: []common.Hash{{1}}}),
		transactionOf("set code", key, signer, &types.SetCodeTx{ChainID: uint256.NewInt(7357001), Nonce: 5, GasTipCap: uint256.NewInt(1), GasFeeCap: uint256.NewInt(9), Gas: 60000, To: to, Value: uint256.NewInt(0), AuthList: []types.SetCodeAuthorization{auth}}),
	}
}

type message struct {
	Name    string `json:"name"`
	Code    uint8  `json:"code"`
	Payload string `json:"payload"`
}

func messages(headers []*types.Header) []message {
	a, b := common.Hash{0xaa}, common.Hash{0xbb}
	raw := func(v any) rlp.RawValue { return must(rlp.EncodeToBytes(v)) }
	of := func(name string, code uint8, v any) message {
		return message{name, code, h(must(rlp.EncodeToBytes(v)))}
	}
	id := ^uint64(0)
	return []message{
		of("status", eth.StatusMsg, &eth.StatusPacket{ProtocolVersion: 69, NetworkID: 7357001, Genesis: a, ForkID: forkid.ID{Hash: [4]byte{0x22, 0x20, 0xc9, 0x1e}, Next: 4102444800}, EarliestBlock: 0, LatestBlock: 8, LatestBlockHash: b}),
		of("blockRangeUpdate", eth.BlockRangeUpdateMsg, &eth.BlockRangeUpdatePacket{EarliestBlock: 1, LatestBlock: 300, LatestBlockHash: b}),
		of("newPooledTransactionHashes", eth.NewPooledTransactionHashesMsg, &eth.NewPooledTransactionHashesPacket71{Types: []byte{0, 2, 3}, Sizes: []uint32{110, 0, 131321}, Hashes: []common.Hash{a, b, {}}}),
		of("getPooledTransactions", eth.GetPooledTransactionsMsg, &eth.GetPooledTransactionsPacket{RequestId: id, GetPooledTransactionsRequest: []common.Hash{a, b}}),
		of("getBlockHeaders by number", eth.GetBlockHeadersMsg, &eth.GetBlockHeadersPacket{RequestId: 0, GetBlockHeadersRequest: &eth.GetBlockHeadersRequest{Origin: eth.HashOrNumber{Number: id}, Amount: id, Skip: id, Reverse: true}}),
		of("getBlockHeaders by hash", eth.GetBlockHeadersMsg, &eth.GetBlockHeadersPacket{RequestId: 1, GetBlockHeadersRequest: &eth.GetBlockHeadersRequest{Origin: eth.HashOrNumber{Hash: a}, Amount: 5}}),
		of("blockHeaders", eth.BlockHeadersMsg, &eth.BlockHeadersRLPPacket{RequestId: 128, BlockHeadersRLPResponse: []rlp.RawValue{raw(headers[0]), raw(headers[1])}}),
		of("getBlockBodies", eth.GetBlockBodiesMsg, &eth.GetBlockBodiesPacket{RequestId: 7, GetBlockBodiesRequest: []common.Hash{a}}),
		of("getReceipts", eth.GetReceiptsMsg, &eth.GetReceiptsPacket69{RequestId: 7, GetReceiptsRequest: []common.Hash{}}),
		of("getReceipts of eth/70", eth.GetReceiptsMsg, &eth.GetReceiptsPacket70{RequestId: id, FirstBlockReceiptIndex: 300, GetReceiptsRequest: []common.Hash{a, b}}),
		of("receipts of eth/70", eth.ReceiptsMsg, &receipts70{RequestId: 7, LastBlockIncomplete: true, List: [][]string{{"one", "two"}, {}}}),
		of("getBlockAccessLists", eth.GetBlockAccessListsMsg, &eth.GetBlockAccessListsPacket{RequestId: 128, GetBlockAccessListsRequest: []common.Hash{a, b}}),
		of("blockAccessLists", eth.BlockAccessListsMsg, &accessLists{RequestId: 7, List: []rlp.RawValue{rlp.EmptyString, rlp.EmptyList, raw([]string{"access"})}}),
		of("newPooledTransactionHashes of eth/72", eth.NewPooledTransactionHashesMsg, &eth.NewPooledTransactionHashesPacket72{Types: []byte{0, 3}, Sizes: []uint32{110, 131321}, Hashes: []common.Hash{a, b}, Mask: types.CustodyBitmap{0x80, 15: 1}}),
		of("getCells", eth.GetCellsMsg, &eth.GetCellsRequestPacket{RequestId: 0, Hashes: []common.Hash{a, b}, Mask: types.CustodyBitmap{0x80}}),
		of("cells", eth.CellsMsg, &cells{RequestId: 0, Hashes: []common.Hash{b}, Cells: [][]kzg4844.Cell{{{1}, {2}}}, Mask: types.CustodyBitmap{0x80}}),
	}
}

// Answers as go-ethereum decodes them: its own types hold lists that are encoded already.
type receipts70 struct {
	RequestId           uint64
	LastBlockIncomplete bool
	List                [][]string
}

type accessLists struct {
	RequestId uint64
	List      []rlp.RawValue
}

type cells struct {
	RequestId uint64
	Hashes    []common.Hash
	Cells     [][]kzg4844.Cell
	Mask      types.CustodyBitmap
}

type header struct {
	Rlp    string `json:"rlp"`
	Hash   string `json:"hash"`
	Parent string `json:"parentHash"`
	Number string `json:"number"`
	Time   string `json:"timestamp"`
}

// Four headers in a row, with the fields of a chain with Cancun's rules.
func headers() (list []*types.Header) {
	parent := common.Hash{}
	for i := uint64(0); i < 4; i++ {
		zero := uint64(0)
		head := &types.Header{
			ParentHash: parent, UncleHash: types.EmptyUncleHash, TxHash: types.EmptyTxsHash, ReceiptHash: types.EmptyReceiptsHash,
			Difficulty: new(big.Int), Number: new(big.Int).SetUint64(126 + i), GasLimit: 30_000_000, Time: 1_711_276_032 + 12*i,
			Extra: []byte("peerwire"), BaseFee: big.NewInt(7), WithdrawalsHash: &types.EmptyWithdrawalsHash,
			BlobGasUsed: &zero, ExcessBlobGas: &zero, ParentBeaconRoot: &common.Hash{},
		}
		parent = head.Hash()
		list = append(list, head)
	}
	return
}

func main() {
	private := &core.Genesis{}
	if len(os.Args) == 2 {
		must(0, json.Unmarshal(must(os.ReadFile(os.Args[1])), private))
	}
	heads := headers()
	out := struct {
		Note         string        `json:"note"`
		Networks     []network     `json:"networks"`
		Transactions []transaction `json:"transactions"`
		Messages     []message     `json:"messages"`
		Headers      []header      `json:"headers"`
	}{
		Note: "Printed by `go run ./ethvectors genesis.json` in tests/interop/go: computed by go-ethereum, numbers as decimal text, bytes as hex.",
		Networks: []network{
			networkOf("mainnet", core.DefaultGenesisBlock()), networkOf("sepolia", core.DefaultSepoliaGenesisBlock()),
			networkOf("hoodi", core.DefaultHoodiGenesisBlock()), networkOf("interop", private),
		},
		Transactions: transactions(),
		Messages:     messages(heads),
	}
	for _, head := range heads {
		out.Headers = append(out.Headers, header{h(must(rlp.EncodeToBytes(head))), h(head.Hash().Bytes()), h(head.ParentHash.Bytes()), head.Number.String(), fmt.Sprint(head.Time)})
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", " ")
	must(0, encoder.Encode(out))
}
