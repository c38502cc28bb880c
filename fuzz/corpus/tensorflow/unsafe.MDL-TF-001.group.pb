›;<œ

xPlaceholder

wVarHandleOp

rReadVariableOpw

yMatMulxr

saveSaveV2y

sShardedFilename

aAssert
'
pPrintV2*
output_streamstderr

ePyFuncx"Ê